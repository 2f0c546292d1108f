/**
 * The program behind `pinger.ts`: sends ICMP echo requests on time and reads the answers, in a process of its own.
 * Arguments: target address, interval in microseconds, interface index.
 *
 * Requests go by a raw IP socket, so that routing and neighbours are the kernel's; answers are read as frames, so
 * that the MAC that answered is known. Lines on the standard output: `sent SEQUENCE AT_US`, `answered SEQUENCE AT_US
 * MAC`, times in wall-clock microseconds. Ends when its input does.
 */
import { writeSync } from 'node:fs';
import {
  AddressFamily,
  bindSocket,
  inet6Address,
  inetAddress,
  MessageFlag,
  monotonicUs,
  openSocket,
  PollEvent,
  Poller,
  packetAddress,
  realtimeUs,
  receive,
  SocketType,
  sendTo,
} from '@locum/linux';
import { formatMac, parseAddress } from './address-text.ts';

const INPUT = 0;
const OUTPUT = 1;
const FLUSH_US = 20_000;
const ETHERNET_BYTES = 14;
const IPV6_BYTES = 40;
/** Everything the two families do differently. */
const FAMILY = {
  4: { family: AddressFamily.Inet, protocol: 1, frameProtocol: 0x0800, request: 8, reply: 0 },
  6: { family: AddressFamily.Inet6, protocol: 58, frameProtocol: 0x86dd, request: 128, reply: 129 },
} as const;

const [targetText = '', interval = '', index = ''] = process.argv.slice(2);
const target = parseAddress(targetText);
const intervalUs = Number(interval);
const interfaceIndex = Number(index);
const family = target.length === 4 ? FAMILY[4] : FAMILY[6];
const identifier = process.pid & 0xffff;
const address = target.length === 4 ? inetAddress(target) : inet6Address(target, 0, interfaceIndex);

const sender = openSocket(family.family, SocketType.Raw | SocketType.NonBlocking, family.protocol);
const receiver = openSocket(AddressFamily.Packet, SocketType.Raw, 0);
bindSocket(receiver, packetAddress(interfaceIndex, family.frameProtocol));
const poller = new Poller(2);
poller.add(receiver, PollEvent.Readable);
const endSlot = poller.add(INPUT, PollEvent.Readable);

const lines: string[] = [];
const frame = new Uint8Array(2048);
const scratch = new Uint8Array(2048);
let sequence = 0;
let nextUs = monotonicUs();
let flushAtUs = 0;
for (;;) {
  const count = poller.waitUntil(nextUs);
  const now = monotonicUs();
  if (count > 0) drain();
  if (now >= nextUs) {
    send();
    nextUs += intervalUs;
    // After a long stall there is no point in catching up.
    if (nextUs < now - 100_000) nextUs = now;
  }
  const last = count > 0 && poller.ready(endSlot) !== 0;
  if (last || now >= flushAtUs) {
    flush();
    flushAtUs = now + FLUSH_US;
  }
  if (last) break;
}

function send(): void {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  bytes[0] = family.request;
  view.setUint16(4, identifier);
  view.setUint16(6, sequence & 0xffff);
  view.setUint32(8, sequence);
  // Of ICMPv6 the kernel computes it, because the source address is part of it.
  if (target.length === 4) view.setUint16(2, checksum(view));
  lines.push(`sent ${sequence} ${realtimeUs()}`);
  // A refused request is a lost one.
  sendTo(sender, bytes, 0, bytes.length, address, 0);
  sequence++;
}

function drain(): void {
  // The raw socket gets copies that nobody needs.
  while (receive(sender, scratch, 0, scratch.length, MessageFlag.DontWait) >= 0);
  for (;;) {
    const length = receive(receiver, frame, 0, frame.length, MessageFlag.DontWait);
    if (length < 0) return;
    const atUs = realtimeUs();
    const header = target.length === 4 ? (frame[ETHERNET_BYTES]! & 15) * 4 : IPV6_BYTES;
    const protocol = frame[ETHERNET_BYTES + (target.length === 4 ? 9 : 6)];
    const start = ETHERNET_BYTES + header;
    if (protocol !== family.protocol || frame[start] !== family.reply || length < start + 12) continue;
    const view = new DataView(frame.buffer, start);
    if (view.getUint16(4) !== identifier) continue;
    lines.push(`answered ${view.getUint32(8)} ${atUs} ${formatMac(frame.subarray(6, 12))}`);
  }
}

function checksum(view: DataView): number {
  let sum = 0;
  for (let at = 0; at < view.byteLength; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function flush(): void {
  if (lines.length === 0) return;
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  lines.length = 0;
  for (let written = 0; written < bytes.length; ) written += writeSync(OUTPUT, bytes, written);
}
