import assert from 'node:assert/strict';
import { test } from 'node:test';
import { obstacleOn } from '../src/bridge-station.ts';

test('A bridge on which a new port may be deaf is refused, and it is said what to switch off', () => {
  assert.equal(obstacleOn({ spanningTree: false, vlanFiltering: false }), undefined);
  assert.equal(obstacleOn({ spanningTree: true, vlanFiltering: false })?.remedy, 'stp_state 0');
  const obstacle = obstacleOn({ spanningTree: false, vlanFiltering: true });
  assert.equal(obstacle?.remedy, 'vlan_filtering 0');
  assert.match(obstacle.message, /another VLAN/);
});
