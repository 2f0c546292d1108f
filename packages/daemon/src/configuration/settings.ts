/**
 * What the daemon runs: the configuration after all checks, immutable, in the units of the core.
 *
 * Read from text by `load.ts`. Nothing here refers to the text except the place of each instance, for messages.
 */
import type { ConfiguredRouter, Family, Micros } from '@locum/protocol';
import type { SourcePlace } from './diagnostic.ts';

/** An address that comes and goes with the state of an instance. */
export interface VirtualAddress {
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  readonly family: Family;
  /** 0..32 or 0..128. */
  readonly prefixLength: number;
  /** `dev`, or the instance's interface. */
  readonly interfaceName: string;
  /** RT_SCOPE_* of rtnetlink; 0 is global. */
  readonly scope: number;
  /** 4 octets; IPv4 only. */
  readonly broadcast: Uint8Array | undefined;
  /** At most 15 characters; IPv4 only. */
  readonly label: string | undefined;
  /** Other end of a point-to-point address. */
  readonly peer: { readonly address: Uint8Array; readonly prefixLength: number } | undefined;
  /** IFA_F_HOMEADDRESS. */
  readonly home: boolean;
  /** IFA_F_MANAGETEMPADDR. */
  readonly managedTemporary: boolean;
  /** IFA_F_NOPREFIXROUTE. */
  readonly noPrefixRoute: boolean;
  /** Metric of the route to the prefix; the kernel's own where absent. */
  readonly routeMetric?: number;
  /** IFA_F_MCAUTOJOIN. */
  readonly autojoin: boolean;
  /** False sets IFA_F_NODAD, which is what a virtual IPv6 address needs unless configured otherwise. */
  readonly duplicateAddressDetection: boolean;
  /** Seconds; undefined is forever; 0 marks the address deprecated, so that it is not chosen as a source. IPv6 only. */
  readonly preferredLifetimeS: number | undefined;
  /** Listed in adverts. */
  readonly advertised: boolean;
  /** Removal by somebody else concerns the instance. */
  readonly track: boolean;
  /** `ADDRESS/PREFIX` in canonical form, for logs. */
  readonly text: string;
}

/** Which way to the wire, and how it is set up. */
export interface TransportSettings {
  /** One that comes with Locum (`raw`, `pcap`, `tap`), the absolute path of a module, or the name of a package. */
  readonly name: string;
  /** The option block. Only the transport itself knows what all of it means. */
  readonly options: Readonly<Record<string, string>>;
  /** Folder from which a package is looked up. */
  readonly directory: string;
  /** Where it was chosen; undefined for the command line and for the standard. */
  readonly place: SourcePlace | undefined;
}

export interface InstanceSettings {
  /** Unique among the instances. */
  readonly name: string;
  /** Where the name stands in the configuration. */
  readonly place: SourcePlace;
  /** Where adverts flow. */
  readonly interfaceName: string;
  readonly transport: TransportSettings;
  /** Name wanted for the device that has the virtual MAC; undefined for one that is made up. */
  readonly deviceName: string | undefined;
  /** All that the core needs, except the port, which is chosen when the interface is opened. */
  readonly router: ConfiguredRouter;
  /** Advertised addresses in their order, then the excluded ones. */
  readonly addresses: readonly VirtualAddress[];
  /** keepalived's `state`: MASTER skips the first wait of an address owner. */
  readonly initialState: 'MASTER' | 'BACKUP';
  /** Accept_Mode (RFC 9568 section 6.1): traffic to the addresses is accepted though this is not their owner. */
  readonly acceptMode: boolean;
  /** 0..4. */
  readonly debugLevel: number;
}

export interface GlobalSettings {
  /** Name of this machine in messages. */
  readonly routerId: string;
  /** SCHED_RR priority 1..99 of the engine process; undefined leaves the scheduler alone. */
  readonly realtimePriority: number | undefined;
  /** Lock the engine's memory. */
  readonly noSwap: boolean;
  /** Nice value of the engine process, -20..19; undefined leaves it alone. */
  readonly nice: number | undefined;
  /** Processors that the engine process is bound to; empty for any. */
  readonly processors: readonly number[];
  /** How long the engine spins before a deadline instead of sleeping, 0..1000. */
  readonly busyWaitUs: Micros;
  /** Routers that become Active together spread their adverts over the interval. */
  readonly spreadPhases: boolean;
  /** Name of the network namespace to run in. */
  readonly netNamespace: string | undefined;
  /** Wait after startup before any router takes part; also in each router's settings. */
  readonly startupDelayUs: Micros;
}

export interface DaemonSettings {
  readonly global: GlobalSettings;
  /** In the order of the text; names are unique, and so are (interface, family, VRID). */
  readonly instances: readonly InstanceSettings[];
}
