/**
 * Run as a program in the namespace of an end: holds an address by a virtual MAC until it is killed, or for a number of
 * milliseconds; sends an advert each 10 ms. Prints `ready`, and in the end what was carried, as JSON.
 *
 *   holder.js DEVICE MAC ADDRESS [MILLISECONDS]
 */
import { addAddress, findLink, monotonicUs, NetlinkSocket, PollEvent, Poller } from '@locum/linux';
import type { Port } from '@locum/transport';
import { type Carriage, virtualMacTransport } from '../src/index.ts';
import { advert, gratuitousArp } from './frames.ts';
import { INTERFACE } from './segment.ts';

const ADVERT_INTERVAL_US = 10_000;

const [deviceName = '', macText = '', addressText = '', milliseconds = 'Infinity'] = process.argv.slice(2);
const mac = Uint8Array.from(macText.split(':'), (octet) => Number.parseInt(octet, 16));
const address = Uint8Array.from(addressText.split('.'), Number);

const port: Port = await virtualMacTransport.open(
  { interfaceName: INTERFACE, filter: { ipProtocols: [112] }, groups: [Uint8Array.of(224, 0, 0, 18)] },
  {
    onFrame() {},
    onFault(error) {
      throw error;
    },
  },
  { now: monotonicUs },
);
const station = port.openStation!({ mac, deviceName });
const netlink = new NetlinkSocket();
addAddress(netlink, { interfaceIndex: findLink(netlink, deviceName)!.index, address, prefixLength: 32 });
station.carry(true);
const announcement = gratuitousArp(mac, address);
port.send(announcement, 0, announcement.length);
process.stdout.write('ready\n');

const frame = advert(mac);
const poller = new Poller(1);
poller.add(port.fd, PollEvent.Readable);
const endAt = monotonicUs() + Number(milliseconds) * 1000;
let deadline = monotonicUs();
const cpuAtStart = process.cpuUsage();
while (monotonicUs() < endAt) {
  poller.waitUntil(deadline);
  port.poll(64);
  if (monotonicUs() < deadline) continue;
  port.send(frame, 0, frame.length);
  deadline += ADVERT_INTERVAL_US;
}
const { framesToStations, framesToWire, framesDropped } = (port as Port & { readonly carriage: Carriage }).carriage;
const { user, system } = process.cpuUsage(cpuAtStart);
process.stdout.write(`${JSON.stringify({ framesToStations, framesToWire, framesDropped, cpuUs: user + system })}\n`);
port.close();
netlink.close();
