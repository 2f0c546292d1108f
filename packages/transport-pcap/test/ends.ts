/** Two open pcap ports on a segment of their own, and what the first one delivers. */
import assert from 'node:assert/strict';
import { monotonicUs } from '@locum/linux';
import { type Port, type PortOptions, SendResult } from '@locum/transport';
import { IPV4_GROUP, IPV6_GROUP, Witness } from './frames.ts';
import { INTERFACE, PcapSegment, until } from './segment.ts';

export const VRRP = 112;
export const OPTIONS: PortOptions = {
  interfaceName: INTERFACE,
  filter: { ipProtocols: [VRRP, 51] },
  groups: [IPV4_GROUP, IPV6_GROUP],
};
export const clock = { now: monotonicUs };

export interface Ends {
  readonly segment: PcapSegment;
  readonly a: Port;
  readonly b: Port;
  /** What port A delivered. */
  readonly seen: Witness;
  /** Sends a frame from B. */
  send(frame: Uint8Array): void;
  /** Polls A until it has delivered so many frames. */
  await(count: number): Promise<void>;
}

/** Opens a port at both ends of a fresh segment, and closes everything when the action has ended. */
export async function withPorts(action: (ends: Ends) => Promise<void>, options: PortOptions = OPTIONS): Promise<void> {
  const segment = await new PcapSegment().ready();
  const ports: Port[] = [];
  try {
    const seen = new Witness();
    const a = await segment.a.transport.open(options, seen, clock);
    ports.push(a);
    const b = await segment.b.transport.open(OPTIONS, new Witness(), clock);
    ports.push(b);
    await action({
      segment,
      a,
      b,
      seen,
      send: (frame) => assert.equal(b.send(frame, 0, frame.length), SendResult.Sent),
      await: (count) => until(() => a.poll(64) >= 0 && seen.frames.length >= count, `${count} frames`),
    });
  } finally {
    for (const port of ports) port.close();
    segment.close();
  }
}
