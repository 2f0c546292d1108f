import assert from 'node:assert/strict';
import { fstatSync } from 'node:fs';
import { test } from 'node:test';
import { openPacketSocket } from '@locum/linux';
import { Station } from '../src/station.ts';
import { skipWithoutTap } from './requirement.ts';

test('a station does not carry, then its device goes, then it is forgotten', {
  skip: skipWithoutTap('the end of a station'),
}, () => {
  const fd = openPacketSocket();
  const isOpen = (): boolean => {
    try {
      fstatSync(fd);
      return true;
    } catch {
      return false;
    }
  };
  const said: string[] = [];
  const station = new Station('locum0', new Uint8Array(6), fd, 7, {
    setCarrying: (_station, wanted) => void said.push(`carry ${wanted}, open ${isOpen()}`),
    forget: () => void said.push(`forget, open ${isOpen()}`),
  });
  station.carry(true);
  station.close();
  station.close();
  assert.deepEqual(said, ['carry true, open true', 'carry false, open true', 'forget, open false']);
});
