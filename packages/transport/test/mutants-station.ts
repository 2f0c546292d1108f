/** Mutants whose stations are not what was asked for, or outlive their end. Each names the case that must catch it. */
import type { MemoryVirtualStation, StationOptions, VirtualStation } from '../src/index.ts';
import { type Mutant, ports } from './mutation.ts';

/** Changes how stations are opened; `open` opens a sound one. */
function stations(
  change: (open: (options: StationOptions) => VirtualStation) => (options: StationOptions) => VirtualStation,
): Mutant['mutate'] {
  return ports(({ port }) => ({ openStation: change((options) => port.openStation!(options)) }));
}

/** Changes which addresses others find at a device: `isOwn` says what a sound one answers. */
function answers(change: (isOwn: boolean, addressBytes: number) => boolean): Mutant['mutate'] {
  return stations((open) => (options) => {
    const station = open(options);
    const { device } = station as MemoryVirtualStation;
    const owns = device.owns.bind(device);
    device.owns = (bytes, start, count) => change(owns(bytes, start, count), count);
    return station;
  });
}

export const STATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'has stations that it does not declare',
    caughtBy: 'T-STATION-01',
    mutate: (transport) => ({
      ...transport,
      capabilities: Object.freeze({ ...transport.capabilities, virtualStations: false }),
    }),
  },
  {
    name: 'chooses the MAC itself',
    caughtBy: 'T-STATION-02',
    mutate: stations((open) => (options) => open({ ...options, mac: Uint8Array.of(2, 0, 0, 0, 9, 9) })),
  },
  {
    name: 'leaves the device of a closed station',
    caughtBy: 'T-STATION-03',
    mutate: stations((open) => (options) => {
      const station = open(options);
      return { interfaceName: station.interfaceName, carry: (wanted) => station.carry(wanted), close: () => {} };
    }),
  },
  {
    name: 'closes whatever has the name of a closed station',
    caughtBy: 'T-STATION-03',
    mutate: (() => {
      const open = new Map<string, VirtualStation>();
      return stations((openSound) => (options) => {
        const station = openSound(options);
        open.set(options.deviceName, station);
        return {
          interfaceName: station.interfaceName,
          carry: (wanted) => station.carry(wanted),
          close: () => open.get(options.deviceName)?.close(),
        };
      });
    })(),
  },
  {
    name: 'leaves the devices of a closed port',
    caughtBy: 'T-STATION-04',
    mutate: ports(({ port }) => {
      let opened = false;
      return {
        openStation: (options) => {
          opened = true;
          return port.openStation!(options);
        },
        close: () => {
          if (!opened) port.close();
        },
      };
    }),
  },
  {
    name: 'never carries a frame',
    caughtBy: 'T-STATION-05',
    mutate: stations((open) => (options) => {
      const station = open(options);
      return { interfaceName: station.interfaceName, carry: () => {}, close: () => station.close() };
    }),
  },
  {
    name: 'carries frames before it is asked to',
    caughtBy: 'T-STATION-06',
    mutate: stations((open) => (options) => {
      const station = open(options);
      station.carry(true);
      return station;
    }),
  },
  {
    name: 'does not stop carrying',
    caughtBy: 'T-STATION-06',
    mutate: stations((open) => (options) => {
      const station = open(options);
      return {
        interfaceName: station.interfaceName,
        carry: (wanted) => {
          if (wanted) station.carry(true);
        },
        close: () => station.close(),
      };
    }),
  },
  {
    name: 'cuts long device names',
    caughtBy: 'T-STATION-07',
    mutate: stations((open) => (options) => open({ ...options, deviceName: options.deviceName.slice(0, 15) })),
  },
  {
    name: 'keeps ARP requests from the device',
    caughtBy: 'T-STATION-08',
    mutate: answers((isOwn, addressBytes) => isOwn && addressBytes !== 4),
  },
  {
    name: 'answers every ARP request',
    caughtBy: 'T-STATION-08',
    mutate: answers((isOwn, addressBytes) => isOwn || addressBytes === 4),
  },
  {
    name: 'keeps neighbour solicitations from the device',
    caughtBy: 'T-STATION-09',
    mutate: answers((isOwn, addressBytes) => isOwn && addressBytes !== 16),
  },
  {
    name: 'answers every neighbour solicitation',
    caughtBy: 'T-STATION-09',
    mutate: answers((isOwn, addressBytes) => isOwn || addressBytes === 16),
  },
];
