/**
 * Every pairing of ways to the wire on one LAN, locumd's and keepalived's, over IPv4 and IPv6 at once.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { playPairing, type Way } from '../lib/pairing.ts';
import { CLAIMS } from '../lib/pairing-judgement.ts';
import { requires } from '../lib/requirement.ts';

const WAYS: readonly Way[] = [
  { name: 'raw', program: 'locumd', lines: ['transport raw'], leavesAddresses: true },
  { name: 'pcap', program: 'locumd', lines: ['transport pcap'], leavesAddresses: true },
  {
    name: 'tap as a port',
    program: 'locumd',
    lines: ['transport tap { device locum0 bridge br0 }'],
    onBridge: true,
    leavesAddresses: true,
  },
  { name: 'tap with virtual MAC', program: 'locumd', lines: ['transport tap { mode virtual-mac }'], virtualMac: true },
  { name: 'keepalived', program: 'keepalived', lines: [], leavesAddresses: true },
  {
    name: 'keepalived with use_vmac',
    program: 'keepalived',
    lines: ['use_vmac'],
    virtualMac: true,
    leavesAddresses: true,
  },
];

describe('pairs of ways to the wire', {
  ...requires('integration/transport-pairs', { namespaces: true, tap: true, commands: ['keepalived'] }),
  concurrency: 4,
}, () => {
  for (const first of WAYS) {
    for (const second of WAYS) {
      if (first.program === 'keepalived' && second.program === 'keepalived') continue;
      it(`${first.name} before ${second.name}`, (context) =>
        playPairing(first, second, async (pairing) => {
          let failed = 0;
          for (const [title, judge] of Object.entries(CLAIMS)) {
            await context.test(title, () => {
              failed++;
              judge(pairing);
              failed--;
            });
          }
          assert.equal(failed, 0, 'claims that failed');
        }));
    }
  }
});
