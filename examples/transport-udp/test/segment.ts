/** Segments for the suite and the other tests: two tunnels through loopback addresses that nobody else uses. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import type { FrameSink, Host, Port } from '@locum/transport';
import type { Segment, SegmentEnd } from '@locum/transport/conformance';
import { createUdpTransport, type UdpPort } from '../src/index.ts';

export const SECRET = 'a secret for tests only';
export const clock: Host = { now: () => Math.floor(performance.now() * 1000) };
export const SILENT: FrameSink = { onFrame() {}, onFault() {} };

/** All of 127/8 is the loopback interface's, and a process may bind any of it. */
export class UdpSegment implements Segment {
  readonly #network = `127.${randomInt(1, 255)}.${randomInt(256)}`;
  /** Sockets that were made for end A. */
  readonly #sockets: Socket[] = [];
  readonly a: SegmentEnd;
  readonly b: SegmentEnd;

  constructor() {
    const create = (options: SocketOptions): Socket => {
      const socket = createSocket(options);
      this.#sockets.push(socket);
      return socket;
    };
    this.a = { ...this.end(1, 2), transport: createUdpTransport(create) };
    this.b = this.end(2, 1);
  }

  address(host: number): string {
    return `${this.#network}.${host}`;
  }

  end(own: number, ...peers: number[]): SegmentEnd {
    return {
      transport: createUdpTransport(),
      interfaceName: 'lo',
      extra: { bind: this.address(own), peers: peers.map((peer) => this.address(peer)).join(' '), secret: SECRET },
    };
  }

  async inject(bytes: Uint8Array): Promise<void> {
    const stranger = await openEnd(this.end(3, 1, 2));
    stranger.send(bytes, 0, bytes.length);
    await new Promise<void>((resolve) => setImmediate(resolve));
    stranger.close();
  }

  takeLinkFromA(): void {
    this.#sockets.at(-1)!.emit('error', Object.assign(new Error('recvmsg ENETDOWN'), { code: 'ENETDOWN' }));
  }

  close(): void {}
}

export async function openEnd(
  end: SegmentEnd,
  sink = SILENT,
  extra: Record<string, string> = {},
  host = clock,
): Promise<UdpPort> {
  const port: Port = await end.transport.open(
    {
      interfaceName: end.interfaceName,
      filter: { ipProtocols: [112] },
      groups: [],
      extra: { ...end.extra, ...extra },
    },
    sink,
    host,
  );
  return port as UdpPort;
}

/** Waits for a predicate, one trip around the event loop at a time. */
export async function until(predicate: () => boolean, awaited: string, deadlineMs = 5000): Promise<void> {
  const giveUpAt = performance.now() + deadlineMs;
  while (!predicate()) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${awaited}`);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
