/**
 * The ways to the wire of one router, and the interface that each of them stands on, as somebody made it who could
 * delete it again.
 */
import type { Host } from './host.ts';
import { BRIDGE, bridgeOver } from './host-bridge.ts';
import type { Requirements } from './requirement.ts';

const MAC = '02:00:00:00:07:01';
const ADDRESS = '192.168.1.1/24';

export interface TransportWay {
  readonly name: string;
  /** A word for names of files. */
  readonly key: string;
  /** Lines of the instance. */
  readonly lines: readonly string[];
  readonly needs: Requirements;
  readonly interfaceName: string;
  /** Makes the interface on the cable of the host, with its address; resolves with its index. */
  readonly make: (host: Host) => Promise<number>;
  /** Address of the interface with its prefix length, for who has to set it again. */
  readonly address: string;
  /** The device that the transport makes beside the interface, where its name is known. */
  readonly device?: string;
}

const macvlan = {
  interfaceName: 'lan0',
  address: ADDRESS,
  make: async (host: Host): Promise<number> => {
    const index = host.addMacvlan('lan0', MAC, 'bridge', true);
    host.addAddress(ADDRESS, index);
    return index;
  },
} as const;

const bridge = {
  interfaceName: BRIDGE,
  address: ADDRESS,
  make: async (host: Host): Promise<number> => {
    const index = await bridgeOver(host, MAC);
    host.addAddress(ADDRESS, index);
    return index;
  },
} as const;

export const TRANSPORT_WAYS: readonly TransportWay[] = [
  { name: 'raw', key: 'raw', lines: ['transport raw'], needs: { namespaces: true }, ...macvlan },
  { name: 'pcap', key: 'pcap', lines: ['transport pcap'], needs: { namespaces: true }, ...macvlan },
  {
    name: 'tap as a port',
    key: 'port',
    lines: [`transport tap { device locum0 bridge ${BRIDGE} }`],
    needs: { namespaces: true, tap: true },
    device: 'locum0',
    ...bridge,
  },
  {
    name: 'tap with virtual MAC',
    key: 'mac',
    lines: ['transport tap { mode virtual-mac }'],
    needs: { namespaces: true, tap: true },
    ...macvlan,
  },
];
