/**
 * One tunnel: a UDP socket, the peers or the group behind it, and what became of every datagram.
 *
 * Frames are delivered in the socket's own event, so there is nothing to poll. A peer that cannot be reached is left in
 * peace for a while; a socket that fails is closed and opened again. Meanwhile `send` says LinkDown.
 */
import type { Socket, SocketOptions } from 'node:dgram';
import {
  type Capabilities,
  type Frame,
  type FrameFilter,
  FrameFlag,
  type FrameSink,
  type Host,
  type Port,
  type PortStats,
  SendResult,
} from '@locum/transport';
import { BackOff } from './back-off.ts';
import {
  DROP_REASONS,
  type DropReason,
  FrameOpener,
  FrameSealer,
  HEADER_BYTES,
  TAG_BYTES,
  tunnelKey,
} from './envelope.ts';
import type { Endpoint, UdpOptions } from './udp-options.ts';

const IPV4_BYTES = 20;

export const CAPABILITIES: Capabilities = Object.freeze({
  medium: 'ip',
  maxFrameBytes: 1500,
  pollable: false,
  rxClock: 'user',
  vlan: false,
  filtering: true,
  spoofsSourceMac: false,
  routesUnicast: false,
  reportsLink: true,
  deterministic: false,
  shareable: false,
  virtualStations: false,
});

export type CreateSocket = (options: SocketOptions) => Socket;

interface Destination extends Endpoint {
  readonly backOff: BackOff;
}

export class UdpPort implements Port {
  readonly capabilities = CAPABILITIES;
  readonly fd = -1;
  readonly stats: PortStats = { framesReceived: 0, framesSent: 0, framesDropped: 0, sendFailures: 0 };
  /** Datagrams that were not delivered, by reason; `unwanted` are good ones that the filter does not name. */
  readonly drops = Object.fromEntries([...DROP_REASONS, 'unwanted'].map((reason) => [reason, 0])) as Record<
    DropReason | 'unwanted',
    number
  >;
  readonly #options: UdpOptions;
  readonly #wanted: readonly number[];
  readonly #sink: FrameSink;
  readonly #host: Host;
  readonly #create: CreateSocket;
  readonly #sealer: FrameSealer;
  readonly #opener: FrameOpener;
  readonly #destinations: readonly Destination[];
  readonly #reopening = new BackOff();
  readonly #frame: Frame = { bytes: new Uint8Array(0), start: 0, end: 0, wireBytes: 0, at: 0, flags: 0, vlanTci: 0 };
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: UdpOptions, filter: FrameFilter, sink: FrameSink, host: Host, create: CreateSocket) {
    this.#options = options;
    this.#wanted = filter.ipProtocols;
    this.#sink = sink;
    this.#host = host;
    this.#create = create;
    const key = tunnelKey(options.secret);
    this.#sealer = new FrameSealer(key);
    this.#opener = new FrameOpener(key, this.#sealer.session);
    this.#destinations = options.destinations.map((endpoint) => ({ ...endpoint, backOff: new BackOff() }));
  }

  /** Opens the socket. Rejects with the error of the operating system. */
  async listen(): Promise<void> {
    const { family, bind, isGroup, destinations } = this.#options;
    const socket = this.#create({
      type: family === 4 ? 'udp4' : 'udp6',
      // With a group every socket gets its own copy; with peers a second one would take the first one's datagrams.
      reuseAddr: isGroup,
      // Addresses are digits already, and a look-up that answers at once lets `send` reach the kernel within the call.
      lookup: (address, _options, done) => done(null, address, family),
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(
          { port: bind.port, address: isGroup ? destinations[0]!.address : bind.address, exclusive: true },
          resolve,
        );
      });
      if (isGroup) joinGroup(socket, this.#options);
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.removeAllListeners('error');
    if (this.#closed) {
      socket.close();
      return;
    }
    socket.on('error', () => {
      // One that another has replaced, or is about to, has nothing more to say.
      if (this.#socket === socket) this.#fail();
    });
    socket.on('message', (datagram) => this.#receive(datagram));
    this.#socket = socket;
  }

  poll(): number {
    return 0;
  }

  send(bytes: Uint8Array, start: number, end: number): SendResult {
    if (this.#closed) return SendResult.NotOpen;
    if (end - start > CAPABILITIES.maxFrameBytes) return SendResult.TooLong;
    if (end - start < IPV4_BYTES) return this.#sendFailed();
    const socket = this.#socket;
    const now = this.#host.now();
    const reachable = this.#destinations.filter(({ backOff }) => backOff.isOver(now));
    if (socket === undefined || reachable.length === 0) return SendResult.LinkDown;
    const datagram = this.#sealer.seal(bytes, start, end);
    for (const { address, port, backOff } of reachable) {
      socket.send(datagram, port, address, (error) => {
        if (error === null) {
          backOff.succeeded();
          this.#reopening.succeeded();
        } else {
          backOff.failed(this.#host.now());
          this.#sendFailed();
        }
      });
    }
    this.stats.framesSent += 1;
    return SendResult.Sent;
  }

  /** Routes belong to the datagrams, not to the packets inside. */
  sendRouted(): SendResult {
    return this.#closed ? SendResult.NotOpen : this.#sendFailed();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = undefined;
  }

  #receive(datagram: Buffer): void {
    if (this.#closed) return;
    const at = this.#host.now();
    const end = datagram.length - TAG_BYTES;
    const reason = this.#opener.check(datagram) ?? (this.#wants(datagram, HEADER_BYTES, end) ? undefined : 'unwanted');
    if (reason !== undefined) {
      this.drops[reason] += 1;
      return;
    }
    this.stats.framesReceived += 1;
    const frame = this.#frame;
    frame.bytes = datagram;
    frame.start = HEADER_BYTES;
    frame.end = end;
    frame.wireBytes = end - HEADER_BYTES;
    frame.at = at;
    frame.flags = FrameFlag.UserClock;
    this.#sink.onFrame(frame);
  }

  #wants(bytes: Buffer, start: number, end: number): boolean {
    if (end - start < IPV4_BYTES) return false;
    // Where an IPv4 header has its protocol and an IPv6 header its next header.
    return this.#wanted.includes(bytes[start + (bytes[start]! >>> 4 === 6 ? 6 : 9)]!);
  }

  #sendFailed(): SendResult {
    this.stats.sendFailures += 1;
    return SendResult.Failed;
  }

  #fail(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#openAgainLater();
  }

  #openAgainLater(): void {
    const now = this.#host.now();
    this.#reopening.failed(now);
    this.#timer = setTimeout(
      () => {
        this.listen().catch(() => {
          if (!this.#closed) this.#openAgainLater();
        });
      },
      Math.ceil(Math.max(0, this.#reopening.tryAgainAt - now) / 1000),
    );
  }
}

function joinGroup(socket: Socket, { family, destinations, bind, interfaceName }: UdpOptions): void {
  const anywhere = bind.address === '0.0.0.0' ? undefined : bind.address;
  const chosen = family === 6 ? `::%${interfaceName}` : anywhere;
  socket.addMembership(destinations[0]!.address, chosen);
  if (chosen !== undefined) socket.setMulticastInterface(chosen);
  // Two routers on one host must hear each other; that we hear ourselves is known by the session.
  socket.setMulticastLoopback(true);
}
