/**
 * The answer to `locum status`: what every virtual router is doing, read from the board without asking the engine.
 *
 * Names are those of RFC 8347 (ietf-vrrp) where it has one, plus keepalived's word for the state. Instants are wall
 * clock, made from the engine's own ones at the moment of reading; every answer says how fresh it is.
 */
import { boottimeUs } from '@locum/linux';
import {
  formatAddress,
  formatMac,
  type Micros,
  type NodeRow,
  newActiveReasonWords,
  type RouterRow,
  RouterState,
  type RouterStatistics,
  readNodeRow,
  readRow,
  transitionReasonWords,
  virtualMac,
} from '@locum/protocol';
import type { Board } from '../board/board.ts';
import { VERSION } from '../command-line/version.ts';
import type { InstanceSettings } from '../configuration/settings.ts';
import { type StateWord, stateWord } from '../configuration/vocabulary.ts';
import type { PortStatus } from './port-watch.ts';

/** An instance and where its figures stand. */
export interface StatusSource {
  readonly instance: InstanceSettings;
  /** Row on the board, or -1 while the engine is not running. */
  readonly slot: number;
}

export interface InstanceStatus {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  readonly family: 'ipv4' | 'ipv6';
  readonly version: 'vrrp-v2' | 'vrrp-v3';
  /** RFC 8347: initialize, backup, master. */
  readonly state: 'initialize' | 'backup' | 'master';
  /** keepalived: INIT, BACKUP, MASTER, FAULT. */
  readonly keepalivedState: StateWord;
  readonly isOwner: boolean;
  readonly priority: number;
  readonly effectivePriority: number;
  readonly advertiseIntervalUs: Micros;
  /** The interval in force: our own, or the one learned from the master. */
  readonly masterAdverIntervalUs: Micros;
  readonly masterDownIntervalUs: Micros;
  readonly skewTimeUs: Micros;
  readonly preempt: boolean;
  readonly acceptMode: boolean;
  readonly primaryAddress: string | null;
  readonly virtualMac: string;
  readonly virtualAddresses: readonly string[];
  readonly excludedAddresses: readonly string[];
  readonly lastAdvSource: string | null;
  readonly lastAdvPriority: number | null;
  readonly lastAdvDatetime: string | null;
  readonly upDatetime: string | null;
  readonly lastTransitionDatetime: string | null;
  readonly lastEvent: string;
  readonly newMasterReason: string;
  readonly maxTimerLatenessUs: Micros;
  readonly statistics: RouterStatistics & { readonly discontinuityDatetime: string | null };
  /** Dropped and doubtful adverts by reason, those above zero. */
  readonly discards: Readonly<Record<string, number>>;
  readonly warnings: Readonly<Record<string, number>>;
}

export interface StatusDocument {
  readonly locumd: string;
  readonly routerId: string;
  /** When this answer was made. */
  readonly datetime: string;
  readonly supervisorPid: number;
  readonly enginePid: number | null;
  /** How long ago the engine last woke. More than a second means that it does not run. */
  readonly engineHeartbeatAgeUs: Micros | null;
  readonly configurationFile: string;
  readonly statistics: {
    readonly virtualRouters: number;
    readonly interfaces: number;
    readonly checksumErrors: number;
    readonly versionErrors: number;
    readonly vridErrors: number;
    readonly ipTtlErrors: number;
    readonly discontinuityDatetime: string | null;
  };
  /** Every dropped packet by reason, whether or not it could be attributed to an instance. */
  readonly discards: Readonly<Record<string, number>>;
  readonly ports: readonly PortStatus[];
  readonly instances: readonly InstanceStatus[];
}

export interface StatusFrame {
  readonly routerId: string;
  readonly configurationFile: string;
  readonly enginePid: number | null;
}

/** Builds the document. `board` is undefined while no engine runs; then every instance is in INIT. */
export function buildStatus(
  frame: StatusFrame,
  sources: readonly StatusSource[],
  board: Board | undefined,
  ports: readonly PortStatus[] = [],
): StatusDocument {
  const now = boottimeUs();
  const wallMs = Date.now();
  const datetime = (at: Micros | undefined): string | null =>
    at === undefined ? null : new Date(wallMs - (now - at) / 1000).toISOString();
  const node: NodeRow | undefined = board === undefined ? undefined : readNodeRow(board.rows);
  return {
    locumd: VERSION,
    routerId: frame.routerId,
    datetime: new Date(wallMs).toISOString(),
    supervisorPid: process.pid,
    enginePid: frame.enginePid,
    engineHeartbeatAgeUs: board === undefined ? null : Math.max(0, now - board.heartbeatAt),
    configurationFile: frame.configurationFile,
    statistics: {
      virtualRouters: sources.length,
      interfaces: new Set(sources.map(({ instance }) => instance.interfaceName)).size,
      checksumErrors: node?.checksumErrors ?? 0,
      versionErrors: node?.versionErrors ?? 0,
      vridErrors: node?.vridErrors ?? 0,
      ipTtlErrors: node?.ipTtlErrors ?? 0,
      discontinuityDatetime: datetime(node?.discontinuityAt),
    },
    discards: node?.discards ?? {},
    ports,
    instances: sources.map(({ instance, slot }) => {
      const row = board === undefined || slot < 0 ? undefined : readRow(board.rows, slot);
      return instanceStatus(instance, row, datetime);
    }),
  };
}

function instanceStatus(
  instance: InstanceSettings,
  row: RouterRow | undefined,
  datetime: (at: Micros | undefined) => string | null,
): InstanceStatus {
  const { router } = instance;
  const state = row?.state ?? RouterState.Initialize;
  const text = (address: Uint8Array | undefined): string | null =>
    address === undefined ? null : formatAddress(address);
  return {
    name: instance.name,
    interface: instance.interfaceName,
    vrid: router.vrid,
    family: router.family === 4 ? 'ipv4' : 'ipv6',
    version: router.version === 2 ? 'vrrp-v2' : 'vrrp-v3',
    state: state === RouterState.Active ? 'master' : state === RouterState.Backup ? 'backup' : 'initialize',
    keepalivedState: stateWord(state, row?.lastEvent ?? 0),
    isOwner: router.priority === 255,
    priority: router.priority,
    effectivePriority: row?.effectivePriority ?? router.priority,
    advertiseIntervalUs: router.advertisementIntervalUs,
    masterAdverIntervalUs: row?.activeAdverIntervalUs ?? router.advertisementIntervalUs,
    masterDownIntervalUs: row?.activeDownIntervalUs ?? 0,
    skewTimeUs: row?.skewTimeUs ?? 0,
    preempt: router.preemptMode,
    acceptMode: instance.acceptMode,
    primaryAddress: text(row?.primaryAddress),
    virtualMac: formatMac(virtualMac(router.family, router.vrid)),
    virtualAddresses: instance.addresses.filter(({ advertised }) => advertised).map((address) => address.text),
    excludedAddresses: instance.addresses.filter(({ advertised }) => !advertised).map((address) => address.text),
    lastAdvSource: text(row?.lastAdvertSource),
    lastAdvPriority: row?.lastAdvertPriority ?? null,
    lastAdvDatetime: datetime(row?.lastAdvertAt),
    upDatetime: datetime(row?.upSince),
    lastTransitionDatetime: datetime(row?.lastTransitionAt),
    lastEvent: transitionReasonWords[row?.lastEvent ?? 0]!,
    newMasterReason: newActiveReasonWords[row?.newActiveReason ?? 0]!,
    maxTimerLatenessUs: row?.maxLatenessUs ?? 0,
    statistics: {
      ...(row?.statistics ?? NO_STATISTICS),
      discontinuityDatetime: datetime(row?.discontinuityAt),
    },
    discards: row?.discards ?? {},
    warnings: row?.warnings ?? {},
  };
}

const NO_STATISTICS: RouterStatistics = {
  masterTransitions: 0,
  advertisementRcvd: 0,
  advertisementSent: 0,
  intervalErrors: 0,
  priorityZeroPktsRcvd: 0,
  priorityZeroPktsSent: 0,
  invalidTypePktsRcvd: 0,
  addressListErrors: 0,
  packetLengthErrors: 0,
  ipTtlErrors: 0,
  invalidAuthType: 0,
  authTypeMismatch: 0,
  authFailures: 0,
  masterReleases: 0,
  lowerPriorityRcvd: 0,
  assertsSuppressed: 0,
  gratuitousArpSent: 0,
  neighborAdvertSent: 0,
};
