/**
 * The daemon's status for people: a line about the daemon, then a block for each virtual router.
 */
import type { PortStatus } from '../../supervisor/port-watch.ts';
import type { InstanceStatus, StatusDocument } from '../../supervisor/status.ts';
import { counted, type Palette } from '../output.ts';
import { formatAge, formatDuration, formatInstant } from './time-span.ts';

const LABEL_WIDTH = 12;

/** Counters in the order of interest, by their words. Those that are zero are left out. */
const COUNTERS: readonly (readonly [name: keyof InstanceStatus['statistics'], words: string])[] = [
  ['advertisementSent', 'adverts sent'],
  ['advertisementRcvd', 'adverts received'],
  ['masterTransitions', 'transitions to MASTER'],
  ['masterReleases', 'transitions from MASTER'],
  ['priorityZeroPktsSent', 'resignations sent'],
  ['priorityZeroPktsRcvd', 'resignations received'],
  ['lowerPriorityRcvd', 'lower-priority adverts heard as MASTER'],
  ['assertsSuppressed', 'answers to them held back'],
  ['gratuitousArpSent', 'gratuitous ARPs sent'],
  ['neighborAdvertSent', 'neighbour advertisements sent'],
];

/** Several lines without a final newline. */
export function formatStatus(status: StatusDocument, palette: Palette): string {
  const blocks = status.instances.map((instance) => instanceBlock(instance, status.datetime, palette));
  if (blocks.length === 0) blocks.push('no virtual router is configured');
  return [header(status, palette), portLines(status, palette), ...blocks].filter((block) => block !== '').join('\n\n');
}

function header(status: StatusDocument, palette: Palette): string {
  const masters = status.instances.filter(({ state }) => state === 'master').length;
  const engine =
    status.enginePid === null || status.engineHeartbeatAgeUs === null
      ? palette.bad('no engine process')
      : `engine ${status.enginePid}, awake ${formatDuration(status.engineHeartbeatAgeUs)} ago`;
  const lines = [
    `${palette.strong(status.routerId)}  locumd ${status.locumd} (process ${status.supervisorPid}, ${engine})`,
    `${status.configurationFile}: ${counted(status.instances.length, 'virtual router')}, ${masters} MASTER`,
  ];
  const dropped = reasons(status.discards);
  if (dropped !== '') lines.push(`dropped on all interfaces: ${dropped}`);
  return lines.join('\n');
}

function portLines({ ports }: StatusDocument, palette: Palette): string {
  return ports.map((port) => portLine(port, palette)).join('\n');
}

/** What can be done on a port, as far as it tells one from another. */
function portLine(
  { interface: name, transport, state, problem, capabilities, lastGasp, statistics }: PortStatus,
  palette: Palette,
): string {
  const title = `${palette.strong(name)}  transport ${transport}`;
  if (state !== 'open' || capabilities === null) {
    return `${title}: ${palette.bad(state)}${problem === null ? '' : `, ${problem}`}${lossText(statistics)}`;
  }
  const notes = [
    `${capabilities.medium} frames of up to ${capabilities.maxFrameBytes} octets`,
    capabilities.virtualStations ? 'virtual MAC' : '',
    capabilities.rxClock === 'kernel' ? '' : 'arrival stamped by the program',
    capabilities.pollable ? '' : 'heard by the event loop',
    capabilities.reportsLink ? '' : 'does not notice a lost link',
    lastGasp ? '' : 'no last word for an engine that dies: peers take over after three intervals',
  ];
  return `${title}: ${notes.filter((note) => note !== '').join(', ')}${lossText(statistics)}`;
}

/** What did not get through a port, on a line of its own. */
function lossText(statistics: PortStatus['statistics']): string {
  if (statistics === null) return '';
  const { framesDropped, sendFailures, drops } = statistics;
  const losses = reasons({ 'for want of room': framesDropped, ...drops, 'not sent': sendFailures });
  return losses === '' ? '' : `\n  dropped by the port: ${losses}`;
}

function instanceBlock(instance: InstanceStatus, now: string, palette: Palette): string {
  const version = `${instance.version === 'vrrp-v2' ? 'VRRPv2' : 'VRRPv3'}/${instance.family === 'ipv4' ? 'IPv4' : 'IPv6'}`;
  const since =
    instance.lastTransitionDatetime === null ? '' : ` for ${formatAge(instance.lastTransitionDatetime, now)}`;
  const title = `${palette.strong(instance.name)}  ${stateText(instance, palette)}${since}  ${instance.interface}  VRID ${instance.vrid}  ${version}`;
  const rows: (readonly [label: string, text: string])[] = [
    ['priority', priorityText(instance)],
    ['addresses', addressText(instance)],
    ['active', activeText(instance, now)],
    ['interval', intervalText(instance)],
    ['last change', changeText(instance, now)],
    ['counters', counterText(instance)],
    ['dropped', reasons(instance.discards)],
    ['doubtful', reasons(instance.warnings)],
    [
      'lateness',
      instance.maxTimerLatenessUs > 0 ? `timers at most ${formatDuration(instance.maxTimerLatenessUs)} late` : '',
    ],
  ];
  const lines = rows.filter(([, text]) => text !== '').map(([label, text]) => `  ${label.padEnd(LABEL_WIDTH)}${text}`);
  return [title, ...lines].join('\n');
}

function stateText(instance: InstanceStatus, palette: Palette): string {
  const word = instance.keepalivedState;
  if (word === 'MASTER') return palette.good(word);
  return word === 'FAULT' ? palette.bad(word) : word;
}

function priorityText(instance: InstanceStatus): string {
  const { priority, effectivePriority, isOwner, preempt, acceptMode } = instance;
  const effective = effectivePriority === priority ? '' : ` (effective ${effectivePriority})`;
  const notes = [isOwner ? 'address owner' : '', preempt ? '' : 'does not preempt', acceptMode ? '' : 'no accept'];
  return [`${priority}${effective}`, ...notes.filter((note) => note !== '')].join(', ');
}

function addressText(instance: InstanceStatus): string {
  const excluded = instance.excludedAddresses.map((address) => `${address} (not advertised)`);
  return [...instance.virtualAddresses, ...excluded].join(' ');
}

/** Who holds the addresses, as far as this router can tell. */
function activeText(instance: InstanceStatus, now: string): string {
  const { state, primaryAddress, lastAdvSource, lastAdvPriority, lastAdvDatetime } = instance;
  const heard = lastAdvSource === null ? '' : `${lastAdvSource}, priority ${lastAdvPriority}`;
  const when = lastAdvDatetime === null ? '' : `, heard ${formatAge(lastAdvDatetime, now)} ago`;
  if (state === 'backup') return heard === '' ? 'nobody heard yet' : `${heard}${when}`;
  const last = heard === '' ? '' : `last advert from ${heard}${when}`;
  if (state !== 'master') return last;
  const own = `this router${primaryAddress === null ? '' : `, from ${primaryAddress}`}`;
  return last === '' ? own : `${own}; ${last}`;
}

function intervalText(instance: InstanceStatus): string {
  const own = `every ${formatDuration(instance.advertiseIntervalUs)}`;
  const learned =
    instance.masterAdverIntervalUs === instance.advertiseIntervalUs
      ? ''
      : ` (learned: ${formatDuration(instance.masterAdverIntervalUs)})`;
  const down = instance.masterDownIntervalUs;
  return `${own}${learned}${down > 0 ? `, takes over after ${formatDuration(down)} of silence` : ''}`;
}

function changeText(instance: InstanceStatus, now: string): string {
  const { lastTransitionDatetime, lastEvent, newMasterReason, state } = instance;
  if (lastTransitionDatetime === null) return lastEvent === 'none' ? '' : lastEvent;
  const why = state === 'master' && newMasterReason !== 'not-master' ? `${lastEvent}, ${newMasterReason}` : lastEvent;
  return `${formatInstant(lastTransitionDatetime, now)}: ${why}`;
}

function counterText(instance: InstanceStatus): string {
  const { statistics } = instance;
  return COUNTERS.filter(([name]) => Number(statistics[name]) > 0)
    .map(([name, words]) => `${statistics[name]} ${words}`)
    .join(', ');
}

function reasons(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([code, count]) => `${count} ${code}`)
    .join(', ');
}
