/**
 * A host on the in-memory LAN, as far as the story needs one: a port, the protocol engine while its router runs, and
 * a kernel that answers pings to the addresses it holds, also after the router was killed.
 */
import { type ConfiguredRouter, EffectKind, Engine, Link } from '@locum/protocol';
import {
  createMemoryTransport,
  type Frame,
  type MemoryLan,
  type MemoryStation,
  type Port,
  type Transport,
} from '@locum/transport';
import { formatMac, parseAddress } from '../lib/address-text.ts';

const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const ICMP = 1;
const VRRP = 112;
const ECHO_REQUEST = 8;

export class MemoryHost {
  readonly station: MemoryStation;
  /** Set while the virtual address is on the interface. */
  holdsAddress = false;
  /** Called with each answered ping's sequence number and the MAC of who answered. */
  onEchoReply: (sequence: number, mac: string) => void = () => {};
  readonly #lan: MemoryLan;
  readonly #address: Uint8Array;
  #port: Port | undefined;
  #engine: Engine | undefined;

  constructor(lan: MemoryLan, name: string, address: string) {
    this.#lan = lan;
    this.#address = parseAddress(address);
    this.station = lan.addStation({ interfaceName: name, addresses: [this.#address] });
  }

  get mac(): string {
    return formatMac(this.station.mac);
  }

  async open(): Promise<void> {
    const transport: Transport = createMemoryTransport([this.station]);
    const options = {
      interfaceName: this.station.interfaceName,
      filter: { ipProtocols: [ICMP, VRRP] },
      groups: [parseAddress('224.0.0.18')],
    };
    const sink = {
      onFrame: (frame: Frame) => this.#receive(frame),
      onFault: (error: Error) => {
        throw error;
      },
    };
    this.#port = await transport.open(options, sink, this.#lan.clock);
  }

  startRouter(settings: ConfiguredRouter): void {
    // What an earlier process left on the interface is removed first, as locumd does.
    this.holdsAddress = false;
    const now = this.#lan.clock.now();
    this.#engine = new Engine({ maxRouters: 4, maxPorts: 1 });
    this.#engine.configure(now, [{ ...settings, port: 0, phaseUs: 0, virtualMac: false }]);
    const link = { up: true, mac: this.station.mac, ipv4: this.#address, linkLocal: undefined, otherAddresses: [] };
    this.#engine.setLink(now, 0, link);
    this.#engine.startup(now);
    this.#execute();
  }

  /** The process is gone; what it told its kernel stays. */
  killRouter(): void {
    this.#engine = undefined;
  }

  stopRouter(): void {
    this.#engine?.shutdown(this.#lan.clock.now());
    this.#execute();
    this.#engine = undefined;
  }

  /** What has arrived, then what is due. */
  step(): void {
    this.#port?.poll(1000);
    if (!this.#engine) return;
    this.#engine.timers(this.#lan.clock.now());
    this.#execute();
  }

  /** Sends an echo request to a host that is known by its MAC. */
  ping(mac: Uint8Array, target: Uint8Array, sequence: number): void {
    const bytes = echo(mac, this.station.mac, this.#address, target, sequence);
    this.#port?.send(bytes, 0, bytes.length);
  }

  #receive(frame: Frame): void {
    const { bytes, start, end } = frame;
    if (bytes[start + ETHERNET_BYTES + 9] !== ICMP) {
      this.#engine?.frame(frame.at, 0, bytes, start, end, Link.Ethernet);
      this.#execute();
      return;
    }
    const copy = bytes.slice(start, end);
    const sequence = new DataView(copy.buffer).getUint32(ETHERNET_BYTES + IPV4_BYTES + 8);
    if (copy[ETHERNET_BYTES + IPV4_BYTES] !== ECHO_REQUEST) {
      this.onEchoReply(sequence, formatMac(copy.slice(6, 12)));
    } else if (this.holdsAddress) {
      const [source, target] = [copy.slice(26, 30), copy.slice(30, 34)];
      const reply = echo(copy.slice(6, 12), this.station.mac, target, source, sequence, 0);
      this.#port?.send(reply, 0, reply.length);
    }
  }

  #execute(): void {
    const engine = this.#engine;
    if (!engine) return;
    for (let index = 0; index < engine.effects.count; index++) {
      const effect = engine.effects.at(index);
      if (effect.kind === EffectKind.Transmit) this.#port?.send(engine.txBytes, effect.start, effect.end);
      if (effect.kind === EffectKind.AcquireAddresses) this.holdsAddress = true;
      if (effect.kind === EffectKind.ReleaseAddresses) this.holdsAddress = false;
    }
    engine.effects.clear();
  }
}

/** An ICMP echo in its IPv4 packet and Ethernet frame. Nobody on this LAN looks at the checksums, so there are none. */
function echo(
  to: Uint8Array,
  from: Uint8Array,
  source: Uint8Array,
  target: Uint8Array,
  sequence: number,
  type = ECHO_REQUEST,
): Uint8Array {
  const bytes = new Uint8Array(ETHERNET_BYTES + IPV4_BYTES + 12);
  const view = new DataView(bytes.buffer);
  bytes.set(to, 0);
  bytes.set(from, 6);
  view.setUint16(12, 0x0800);
  view.setUint16(14, 0x4500);
  view.setUint16(16, IPV4_BYTES + 12);
  bytes[22] = 64;
  bytes[23] = ICMP;
  bytes.set(source, 26);
  bytes.set(target, 30);
  bytes[34] = type;
  view.setUint32(42, sequence);
  return bytes;
}
