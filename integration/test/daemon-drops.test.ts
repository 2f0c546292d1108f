/**
 * That `locum status` shows what does not get through a port: for want of room, and for reasons of its transport.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PortStatus } from '@locum/daemon';
import { within } from '../lib/deadline.ts';
import { advertFrame } from '../lib/frames.ts';
import type { Host } from '../lib/host.ts';
import { Injector } from '../lib/injector.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';

const UDP_MODULE = fileURLToPath(new URL('../../../examples/transport-udp', import.meta.url));
const UDP_PORT = 8112;
const SEND_JUNK = `
  const socket = require('node:dgram').createSocket('udp4');
  setInterval(() => socket.send(new Uint8Array(200), ${UDP_PORT}, '192.168.1.1'), 100);
`;
const DEADLINE_MS = 15_000;
const PROBE_PERIOD_MS = 50;
const FLOOD_FRAMES = 500;

/** Starts a daemon with a router on this transport, makes it lose something, and waits until the status of its port says so. */
async function play(
  name: string,
  transport: string,
  lose: (lab: Lab, sender: Host, locumd: Locumd) => void,
  isSeen: (statistics: NonNullable<PortStatus['statistics']>) => boolean,
): Promise<void> {
  await withLab(`drops-${name}`, async (lab) => {
    const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
    const sender = await lab.addHost('sender', { addresses: ['192.168.1.9/24'] });
    const locumd = await Locumd.start(lab, host, quickConfiguration({ lines: [transport] }));
    await locumd.process.line(/\(VI_1\) Entering MASTER STATE/, DEADLINE_MS);
    lose(lab, sender, locumd);
    const seen = async (): Promise<void> => {
      for (;;) {
        const [port] = (await locumd.status()).ports;
        if (port?.statistics != null && port.statistics.framesSent > 0 && isSeen(port.statistics)) return;
        await sleep(PROBE_PERIOD_MS);
      }
    };
    await within('the status shows what was lost', seen(), DEADLINE_MS);
    assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
  });
}

describe('Drops of a port', requires('integration/daemon-drops', { namespaces: true }), () => {
  it('for want of room are in its status', () =>
    play(
      'raw',
      'transport raw { ring_frames 16 }',
      (lab, sender, { enginePid }) => {
        const injector = new Injector(lab, sender);
        const stranger = { version: 3, vrid: 99, priority: 100, interval: 100, addresses: ['192.168.1.199'] } as const;
        const frame = advertFrame({ mac: sender.mac, address: '192.168.1.9' }, stranger);
        process.kill(enginePid, 'SIGSTOP');
        for (let count = 0; count < FLOOD_FRAMES; count++) injector.send(frame);
        process.kill(enginePid, 'SIGCONT');
      },
      ({ framesReceived, framesDropped }) => framesReceived > 0 && framesDropped > 0,
    ));

  it('for reasons of a transport by somebody else are in its status by these reasons', () => {
    const options = `bind 192.168.1.1:${UDP_PORT} peers 192.168.1.2 secret ${'5a'.repeat(32)}`;
    return play(
      'udp',
      `transport "${UDP_MODULE}" { ${options} }`,
      (_lab, sender) => {
        sender.spawn(process.execPath, ['--eval', SEND_JUNK]);
      },
      ({ drops }) => (drops.foreign ?? 0) > 0 && drops.forged === undefined,
    );
  });
});
