/** Cases about stations of their own behind a port: their device, what it hears, and its end. */
import assert from 'node:assert/strict';
import type { VirtualStation } from '../../contract.ts';
import type { TransportError } from '../../error.ts';
import type { Bench, OpenPort } from '../bench.ts';
import type { ConformanceCase } from '../conformance-case.ts';

const VIRTUAL_MAC = Uint8Array.of(0, 0, 0x5e, 0, 1, 0x33);
const DEVICE = 'locum-case0';

/** Last octets of addresses: one that is set on the device, and one that nobody has. */
const HELD = 0xc8;
const UNHELD = 0xc9;

export const STATION_CASES: readonly ConformanceCase[] = [
  {
    id: 'T-STATION-01',
    title: 'a port that promises no stations has none',
    sentence: 'Opens a station with a MAC of its own; present with virtualStations only.',
    selectedBy: { virtualStations: false },
    async run(bench) {
      const { port } = await bench.open(bench.segment.a);
      assert.equal(port.openStation, undefined);
    },
  },
  {
    id: 'T-STATION-02',
    title: 'the device exists under the name and with the MAC that were asked for',
    sentence: 'A MAC that is not the interface own, and a device of the host. 6 octets, copied.',
    selectedBy: { virtualStations: true },
    needs: 'deviceOfA',
    async run(bench) {
      assert.equal(bench.segment.deviceOfA!(DEVICE), undefined, 'there is no such device beforehand');
      const a = await bench.open(bench.segment.a);
      const mac = new Uint8Array(VIRTUAL_MAC);
      const station = a.port.openStation!({ mac, deviceName: DEVICE });
      mac.fill(0xee);
      assert.equal(station.interfaceName, DEVICE);
      const device = bench.segment.deviceOfA!(DEVICE);
      assert.ok(device !== undefined, `there is a device ${DEVICE}`);
      assert.deepEqual(device.mac, VIRTUAL_MAC);
    },
  },
  {
    id: 'T-STATION-03',
    title: 'close removes the device, and a closed station is inert',
    sentence:
      'Removes the device with what is set on it. Idempotent. May be called on a closed station, without effect.',
    selectedBy: { virtualStations: true },
    needs: 'deviceOfA',
    async run(bench) {
      const a = await bench.open(bench.segment.a);
      const station = openStation(a);
      station.close();
      await gone(bench);
      station.carry(true);
      station.close();
      assert.equal(bench.segment.deviceOfA!(DEVICE), undefined);
      openStation(a);
      station.carry(false);
      station.close();
      assert.ok(bench.segment.deviceOfA!(DEVICE) !== undefined, 'a later station of the same name stays');
    },
  },
  {
    id: 'T-STATION-04',
    title: 'closing the port closes its stations',
    sentence: 'Closing the port closes its stations.',
    selectedBy: { virtualStations: true },
    needs: 'deviceOfA',
    async run(bench) {
      const a = await bench.open(bench.segment.a);
      const station = openStation(a);
      station.carry(true);
      a.port.close();
      await gone(bench);
      station.carry(true);
      station.close();
    },
  },
  {
    id: 'T-STATION-05',
    title: 'frames pass to and from the device while they are to be carried',
    sentence: 'Whether frames for the MAC pass from the wire to the device and from the device to the wire.',
    selectedBy: { virtualStations: true },
    needs: 'deviceOfA',
    async run(bench) {
      const { a, b } = await bench.openBoth();
      openStation(a).carry(true);
      const device = await openDevice(bench);
      await bench.until(() => {
        if (device.saw(1) === undefined) sendToStation(bench, b, 1);
        return device.saw(1) !== undefined;
      }, 'a probe for the MAC at the device');
      const end = bench.segment.deviceOfA!(DEVICE)!;
      bench.send(device, end, 2, { sourceMac: VIRTUAL_MAC });
      await bench.until(() => b.saw(2) !== undefined, 'a probe from the device on the wire');
      assert.equal(a.saw(2), undefined, 'what the device sends does not come back to the port');
    },
  },
  {
    id: 'T-STATION-06',
    title: 'nothing passes when it is not to be carried',
    sentence: 'False when opened: nothing is answered for the MAC.',
    selectedBy: { virtualStations: true },
    needs: 'deviceOfA',
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const station = openStation(a);
      const device = await openDevice(bench);
      const end = bench.segment.deviceOfA!(DEVICE)!;
      const quiet = async (serial: number): Promise<void> => {
        sendToStation(bench, b, serial);
        bench.send(device, end, serial + 1, { sourceMac: VIRTUAL_MAC });
        await bench.turns();
        bench.send(b, bench.segment.b, serial + 2);
        await bench.until(() => a.saw(serial + 2) !== undefined, 'a probe at the port itself');
        assert.equal(device.saw(serial), undefined, 'the device hears nothing');
        assert.equal(b.saw(serial + 1), undefined, 'the wire hears nothing of the device');
      };
      await quiet(1);
      station.carry(true);
      station.carry(false);
      await quiet(11);
    },
  },
  {
    id: 'T-STATION-07',
    title: 'refuses a name that is too long, leaving nothing behind',
    sentence: 'Throws a TransportError, leaving nothing behind. Name for the device: at most 15 characters.',
    selectedBy: { virtualStations: true },
    needs: 'deviceOfA',
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const deviceName = 'locum-case-longer';
      let error: TransportError | undefined;
      try {
        a.port.openStation!({ mac: VIRTUAL_MAC, deviceName });
      } catch (reason) {
        error = reason as TransportError;
      }
      assert.ok(error !== undefined, `openStation took the name ${deviceName}`);
      assert.ok(typeof error.code === 'string' && error.operation.length > 0, `${String(error)} is a TransportError`);
      for (const name of [deviceName, deviceName.slice(0, 15)]) assert.equal(bench.segment.deviceOfA!(name), undefined);
      bench.send(b, bench.segment.b, 1);
      await bench.until(() => a.saw(1) !== undefined, 'a probe at the port, which goes on');
    },
  },
  {
    id: 'T-STATION-08',
    title: 'an IPv4 address of the device is found by ARP, and none that is not set there',
    sentence: 'A device of the host on which the addresses that are reached by that MAC are set.',
    selectedBy: { virtualStations: true, routesUnicast: true },
    needs: 'deviceAddresses',
    run: (bench) => findAddress(bench, 4),
  },
  {
    id: 'T-STATION-09',
    title: 'an IPv6 address of the device is found by neighbour discovery, and none that is not set there',
    sentence: 'A device of the host on which the addresses that are reached by that MAC are set.',
    selectedBy: { virtualStations: true, routesUnicast: true },
    needs: 'deviceAddresses',
    run: (bench) => findAddress(bench, 6),
  },
];

/** B knows the address alone: its host has to ask for the MAC before the probe can arrive at the device. */
async function findAddress(bench: Bench, family: 4 | 6): Promise<void> {
  const { a, b } = await bench.openBoth();
  openStation(a).carry(true);
  const device = await openDevice(bench);
  const own = (family === 6 ? bench.segment.b.address6 : bench.segment.b.address)!;
  const neighbour = (lastOctet: number): Uint8Array => Uint8Array.of(...own.subarray(0, -1), lastOctet);
  await bench.segment.setAddressOnDeviceOfA!(DEVICE, neighbour(HELD));
  const route = (lastOctet: number, serial: number): void => {
    const destinationAddress = neighbour(lastOctet);
    const packet = bench.probe(bench.segment.b, serial, { medium: 'ip', family, destinationAddress });
    b.port.sendRouted(packet, 0, packet.length);
  };
  for (const [unheld, held] of [
    [1, 2],
    [3, 4],
  ] as const) {
    await bench.until(() => {
      route(UNHELD, unheld);
      if (device.saw(held) === undefined) route(HELD, held);
      return device.saw(held) !== undefined;
    }, `a probe for the IPv${family} address at the device`);
    await bench.turns();
  }
  const { bytes } = device.saw(2)!;
  assert.deepEqual(bytes.subarray(0, 6), VIRTUAL_MAC, 'the MAC of the station was the answer');
  assert.ok(!device.serials.some((serial) => serial === 1 || serial === 3), 'an address that nobody has is not found');
}

function openStation({ port }: OpenPort): VirtualStation {
  return port.openStation!({ mac: VIRTUAL_MAC, deviceName: DEVICE });
}

function openDevice(bench: Bench): Promise<OpenPort> {
  return bench.open(bench.segment.deviceOfA!(DEVICE)!);
}

function sendToStation(bench: Bench, from: OpenPort, serial: number): void {
  bench.send(from, bench.segment.b, serial, { destinationMac: VIRTUAL_MAC });
}

async function gone(bench: Bench): Promise<void> {
  await bench.until(() => bench.segment.deviceOfA!(DEVICE) === undefined, `${DEVICE} to be gone`);
}
