/**
 * Ways to the wire as the bench puts them side by side: how locumd is told to take one, and how an observer reads what
 * then passes the switch.
 */
import { fileURLToPath } from 'node:url';
import type { CapturedFrame, Seen } from '@locum/integration/capture';
import { advertFrame, ethernet, type ForgedAdvert, ipv4 } from '@locum/integration/frames';
import type { Host } from '@locum/integration/host';
import { BRIDGE, bridgeOver } from '@locum/integration/host-bridge';
import type { Lab } from '@locum/integration/lab';
import { type Advert, decode } from '@locum/integration/naive-decoder';
import { FrameSealer, tunnelKey } from 'locum-transport-udp';
import type { RouterConfiguration } from '../subjects/configuration.ts';

const UDP_MODULE = fileURLToPath(import.meta.resolve('locum-transport-udp'));
const SECRET = 'for measurements only, in a namespace';
const TUNNEL_PORT = 8112;
const UDP = 17;
const IPV4 = 0x0800;
/** Ethernet, IPv4 and UDP headers in front of a datagram, then the header and the tag of the tunnel around a packet. */
const OUTSIDE_BYTES = 14 + 20 + 8;
const TUNNEL_HEADER_BYTES = 28;
const TUNNEL_TAG_BYTES = 32;
const ETHERNET_HEADER_BYTES = 14;

const ROUTER_ADDRESS = '192.168.1.1';
const OTHER_ADDRESS = '192.168.1.2';

/** How often an octet of a received or sent frame is copied between the wire's buffer and the engine's memory. */
interface Copies {
  readonly received: number;
  readonly sent: number;
}

export interface Way {
  readonly name: string;
  /** Which transport it is, whatever its mode. */
  readonly transport: 'raw' | 'pcap' | 'tap' | 'udp';
  /** Lines of `global_defs`. */
  readonly globals: readonly string[];
  readonly copies: Copies;
  /** The interface is a bridge of which the cable is a port. */
  readonly onBridge?: true;
  /** Adverts pass the switch inside datagrams. */
  readonly tunnel?: true;
}

export const WAYS: readonly Way[] = [
  { name: 'raw', transport: 'raw', globals: ['transport raw'], copies: { received: 1, sent: 1 } },
  { name: 'pcap', transport: 'pcap', globals: ['transport pcap'], copies: { received: 3, sent: 2 } },
  {
    name: 'tap, port',
    transport: 'tap',
    globals: [`transport tap { device locum0 bridge ${BRIDGE} }`],
    copies: { received: 1, sent: 1 },
    onBridge: true,
  },
  {
    name: 'tap, virtual MAC',
    transport: 'tap',
    globals: ['transport tap { mode virtual-mac }'],
    copies: { received: 1, sent: 1 },
  },
  {
    name: 'udp',
    transport: 'udp',
    globals: [
      `transport "${UDP_MODULE}" {`,
      `  bind ${ROUTER_ADDRESS}:${TUNNEL_PORT}`,
      `  peers ${OTHER_ADDRESS}:${TUNNEL_PORT}`,
      `  secret "${SECRET}"`,
      '}',
    ],
    copies: { received: 2, sent: 2 },
    tunnel: true,
  },
];

export interface Stations {
  readonly router: { readonly host: Host; readonly interfaceName: string };
  readonly rival: Host;
}

/** A router's host with what the way needs, and one that can speak against it. */
export async function stations(lab: Lab, way: Way): Promise<Stations> {
  const host = await lab.addHost('router');
  const interfaceName = await prepare(way, host);
  const rival = await lab.addHost('rival', { addresses: [`${OTHER_ADDRESS}/24`] });
  return { router: { host, interfaceName }, rival };
}

export function onInterface(configuration: RouterConfiguration, interfaceName: string): RouterConfiguration {
  return { ...configuration, routers: configuration.routers.map((router) => ({ ...router, interfaceName })) };
}

/** Makes the host what the way needs; returns the name of the interface that the router is on. */
async function prepare(way: Way, host: Host): Promise<string> {
  if (!way.onBridge) {
    host.addAddress(`${ROUTER_ADDRESS}/24`);
    return host.interfaceName;
  }
  host.addAddress(`${ROUTER_ADDRESS}/24`, await bridgeOver(host, '02:00:00:00:01:01'));
  return BRIDGE;
}

/** Adverts of `host`, taken out of the tunnel where there is one. */
export function advertsOf(way: Way, host: Host, frames: readonly CapturedFrame[]): Seen<Advert>[] {
  const adverts: Seen<Advert>[] = [];
  for (const { atUs, host: sender, bytes, decoded } of frames) {
    if (sender !== host.name) continue;
    const inner = way.tunnel ? decode(unwrapped(bytes)) : decoded;
    if (inner?.kind === 'advert') adverts.push({ ...inner, atUs, host: sender });
  }
  return adverts;
}

function unwrapped(bytes: Uint8Array): Uint8Array {
  const packet = bytes.slice(OUTSIDE_BYTES + TUNNEL_HEADER_BYTES, -TUNNEL_TAG_BYTES);
  return ethernet('02:00:00:00:00:00', '02:00:00:00:00:00', IPV4, packet);
}

/** Makes frames for the wire that carry adverts of a rival at {@link OTHER_ADDRESS} to the router. */
export function rivalOf(way: Way, rival: Host, router: Host): (advert: ForgedAdvert) => Uint8Array {
  const from = { mac: rival.mac, address: OTHER_ADDRESS };
  if (!way.tunnel) return (advert) => advertFrame(from, advert);
  const sealer = new FrameSealer(tunnelKey(SECRET));
  return (advert) => {
    const frame = advertFrame(from, advert);
    const payload = sealer.seal(frame, ETHERNET_HEADER_BYTES, frame.length);
    const datagram = new Uint8Array(8 + payload.length);
    const header = new DataView(datagram.buffer);
    for (const at of [0, 2]) header.setUint16(at, TUNNEL_PORT);
    header.setUint16(4, datagram.length);
    datagram.set(payload, 8);
    const octets = (text: string): Uint8Array => Uint8Array.from(text.split('.').map(Number));
    const packet = ipv4(octets(OTHER_ADDRESS), octets(ROUTER_ADDRESS), UDP, 64, datagram);
    return ethernet(rival.mac, router.mac, IPV4, packet);
  };
}
