/**
 * Turns the engine's events into log lines.
 *
 * State changes read as keepalived's do, because people's log watchers look for those phrases; what led to them stands
 * in a line of its own. What anybody on the LAN can cause is rate-limited.
 */
import { errnoName, errnoText } from '@locum/linux';
import {
  type Discard,
  discardCode,
  EffectKind,
  formatAddress,
  type RouterRow,
  RouterState,
  TransitionReason,
  warningCodes,
} from '@locum/protocol';
import { SendResult } from '@locum/transport/contract';
import { type BoardEvent, HostEvent } from '../board/event-ring.ts';
import type { InstanceSettings } from '../configuration/settings.ts';
import { stateWord } from '../configuration/vocabulary.ts';
import { discardWords, warningWords } from './discard-words.ts';
import type { Log } from './log.ts';
import { RateLimiter } from './rate-limiter.ts';

const REPORT_INTERVAL_MS = 60_000;
const DETAIL_STEPS = 1;
/** A third of the shortest interval that version 2 knows would be 333 ms; this is well before it hurts. */
const WORRYING_LATENESS_US = 100_000;

/** What a line needs to know about the router or port of an event. */
export interface EventContext {
  instance(slot: number): InstanceSettings | undefined;
  row(slot: number): RouterRow | undefined;
  interfaceName(port: number): string;
  /** Why the port of an instance is not open, or undefined when it is. */
  portFault(instance: InstanceSettings): string | undefined;
}

export class EventLog {
  readonly #log: Log;
  readonly #context: EventContext;
  readonly #limiter = new RateLimiter(REPORT_INTERVAL_MS);

  constructor(log: Log, context: EventContext) {
    this.#log = log;
    this.#context = context;
  }

  write(event: BoardEvent): void {
    const instance = this.#context.instance(event.router);
    switch (event.kind) {
      case EffectKind.StateChanged:
        if (instance !== undefined) this.#stateChanged(event, instance);
        break;
      case EffectKind.Discarded:
        this.#discarded(event, instance);
        break;
      case EffectKind.Warned:
        this.#warned(event, instance);
        break;
      case EffectKind.LowerPriorityHeard:
        if (instance !== undefined) this.#lowerPriorityHeard(event, instance);
        break;
      case EffectKind.Late:
        this.#limited(event, `late ${event.router}`, (more) => {
          const name = instance?.name ?? '?';
          const line = `(${name}) a timer ran ${(event.lateUs / 1000).toFixed(1)} ms late${more}`;
          if (event.lateUs >= WORRYING_LATENESS_US) this.#log.warning(line);
          else this.#log.info(DETAIL_STEPS, line);
        });
        break;
      default:
        this.#hostEvent(event, instance);
    }
  }

  /** An instance is in FAULT from the start. */
  writeFault(instance: InstanceSettings, reason: number): void {
    const why = this.#context.portFault(instance) ?? explainFault(reason, instance);
    if (why !== '') this.#log.notice(`(${instance.name}) ${why}`);
    this.#log.notice(`(${instance.name}) Entering FAULT STATE`, { instance: instance.name, state: 'FAULT' });
  }

  #stateChanged(event: BoardEvent, instance: InstanceSettings): void {
    const { name } = instance;
    const row = this.#context.row(event.router);
    const word = stateWord(event.to, event.reason);
    const why = this.#portFault(event, instance) ?? explain(event, instance, row);
    if (event.to === RouterState.Active) {
      if (event.reason === TransitionReason.ActiveTimeout) {
        this.#log.info(DETAIL_STEPS, `(${name}) Receive advertisement timeout`);
      }
      this.#log.info(DETAIL_STEPS, `(${name}) setting VIPs.`);
      for (const address of instance.addresses) {
        const what = address.family === 4 ? 'gratuitous ARPs' : 'unsolicited Neighbour Adverts';
        const text = formatAddress(address.address);
        this.#log.info(DETAIL_STEPS, `(${name}) Sending/queueing ${what} on ${address.interfaceName} for ${text}`);
      }
    }
    if (why !== '') this.#log.notice(`(${name}) ${why}`);
    if (event.from === RouterState.Active) this.#log.info(DETAIL_STEPS, `(${name}) removing VIPs.`);
    if (word === 'STOP') {
      this.#log.info(DETAIL_STEPS, `(${name}) Stopped`, { instance: name, state: word });
      return;
    }
    const init = event.from === RouterState.Initialize && event.to === RouterState.Backup ? ' (init)' : '';
    this.#log.notice(`(${name}) Entering ${word} STATE${init}`, { instance: name, state: word });
  }

  /** Without a port an instance has no link, which is all that the engine knows. */
  #portFault({ reason }: BoardEvent, instance: InstanceSettings): string | undefined {
    return reason === TransitionReason.InterfaceDown ? this.#context.portFault(instance) : undefined;
  }

  #lowerPriorityHeard(event: BoardEvent, { name, router }: InstanceSettings): void {
    const from = sourceText(event);
    this.#limited(event, `lower ${event.router}`, (more) => {
      this.#log.notice(
        `(${name}) Received advert${from} with lower priority ${event.value}, ours ${router.priority}, forcing new election${more}`,
      );
    });
  }

  #discarded(event: BoardEvent, instance: InstanceSettings | undefined): void {
    const words = discardWords[event.reason] ?? { clause: `of reason ${event.reason}`, detail: 0 };
    this.#advert(event, instance, 'dropped', discardCode(event.reason as Discard), words.clause, words.detail);
  }

  #warned(event: BoardEvent, instance: InstanceSettings | undefined): void {
    for (let bit = 1; bit <= event.reason; bit <<= 1) {
      if ((event.reason & bit) === 0) continue;
      const words = warningWords[bit];
      if (words === undefined) continue;
      this.#advert(event, instance, 'accepted', warningCodes(bit)[0]!, words.clause, words.detail);
    }
  }

  #advert(
    event: BoardEvent,
    instance: InstanceSettings | undefined,
    verdict: 'dropped' | 'accepted',
    code: string,
    clause: string,
    detail: number,
  ): void {
    const from = sourceText(event);
    const where = instance === undefined ? this.#context.interfaceName(event.port) : instance.name;
    this.#limited(event, `${verdict} ${where} ${code}`, (more) => {
      const line = `(${where}) ${verdict} an advert${from}: ${clause} [${code}]${more}`;
      if (detail === 0) this.#log.warning(line);
      else this.#log.info(detail, line);
    });
  }

  #hostEvent(event: BoardEvent, instance: InstanceSettings | undefined): void {
    const name = instance?.name ?? '?';
    const address = instance?.addresses[event.detail]?.text ?? 'an address';
    const port = this.#context.interfaceName(event.port);
    switch (event.kind) {
      case HostEvent.AddressFailed:
        this.#log.error(
          `(${name}) address ${address} cannot be changed: ${errnoText(event.value)} (${errnoName(event.value)})`,
        );
        break;
      case HostEvent.AddressRestored:
        this.#limited(event, `restored ${event.router} ${event.detail}`, (more) => {
          this.#log.warning(`(${name}) something else removed ${address}; it is set again${more}`);
        });
        break;
      case HostEvent.LeftoverRemoved:
        this.#log.notice(`(${name}) removed ${address}, left behind by an earlier process`);
        break;
      case HostEvent.LinkChanged:
        if (event.value === 1) this.#log.notice(`Netlink reports ${port} up`);
        else this.#log.warning(`Netlink reports ${port} down`);
        break;
      case HostEvent.SendFailed:
        this.#limited(event, `send ${event.router} ${event.value}`, (more) => {
          this.#log.warning(`(${name}) a frame was not sent on ${port}: ${sendWords[event.value] ?? 'failed'}${more}`);
        });
        break;
      case HostEvent.Stalled:
        this.#log.warning(
          `We were stalled for ${Math.round(event.value / 1000)} ms: this process did not run, or was kept busy`,
        );
        break;
      case HostEvent.Resigned:
        this.#log.info(DETAIL_STEPS, `(${name}) sent 0 priority`);
        break;
    }
  }

  /** Reports of `cause` are limited for each source of an event, and for all sources together. */
  #limited(event: BoardEvent, cause: string, report: (more: string) => void): void {
    const { pass, suppressed, ofOthers } = this.#limiter.admit(cause, event.at / 1000, sourceText(event));
    if (pass) report(moreText(suppressed, ofOthers));
  }
}

const sendWords: Readonly<Record<number, string>> = {
  [SendResult.Busy]: 'no room in the send queue',
  [SendResult.LinkDown]: 'the link is down',
  [SendResult.TooLong]: 'longer than the MTU',
  [SendResult.NotOpen]: 'the port is closed',
  [SendResult.Failed]: 'refused by the kernel',
};

function moreText(suppressed: number, ofOthers: number): string {
  if (suppressed === 0 && ofOthers === 0) return '';
  const own = suppressed > 0 ? `${suppressed} more like this` : '';
  const others = ofOthers > 0 ? `${ofOthers} more like this from other sources` : '';
  return ` (${[own, others].filter((text) => text !== '').join(', ')} since the last report)`;
}

function sourceText(event: BoardEvent): string {
  return event.source.length === 0 ? '' : ` from ${formatAddress(event.source)}`;
}

/** Why a router changed its state, for people. Empty when the state says it all. */
function explain(event: BoardEvent, { interfaceName, router }: InstanceSettings, row: RouterRow | undefined): string {
  const ours = row?.effectivePriority ?? router.priority;
  // The row is as it is at this moment. An advert that came after the event had no part in it, unless we yielded: then it
  // is the next one of the same peer.
  const isLater = row?.lastAdvertAt !== undefined && row.lastAdvertAt > event.at;
  const isOutdated = isLater && (event.from !== RouterState.Active || row.lastAdvertPriority === 0);
  const heard = isOutdated ? undefined : row;
  const source = heard?.lastAdvertSource === undefined ? undefined : formatAddress(heard.lastAdvertSource);
  const peer = source === undefined ? undefined : `${source} (priority ${heard!.lastAdvertPriority})`;
  switch (event.reason) {
    case TransitionReason.ActiveTimeout: {
      if (isOutdated) return 'no advert heard in time: taking over';
      if (source === undefined) return 'no advert heard since the start: taking over';
      if (heard!.lastAdvertPriority === 0) return `${source} resigned: taking over after the skew time`;
      const silence = ((event.at - heard!.lastAdvertAt!) / 1e6).toFixed(3);
      return `no advert from ${peer} for ${silence} s: taking over`;
    }
    case TransitionReason.LowerPriorityActive:
    case TransitionReason.PreemptHoldTimeout:
      return `our priority ${ours} beats ${peer ?? 'the master'}: preempting`;
    case TransitionReason.Absence:
      return `we were stalled, and ${peer ?? 'a peer'} took over meanwhile: yielding`;
    case TransitionReason.HigherPriorityBackup: {
      if (heard === undefined) return `Master received advert from a peer that beats our priority ${ours}`;
      const theirs = heard.lastAdvertPriority;
      const how = theirs === ours ? 'equal priority and a higher address' : `higher priority ${theirs}`;
      return `Master received advert from ${source ?? 'a peer'} with ${how}, ours ${ours}`;
    }
    default:
      return explainFault(event.reason, { interfaceName, router });
  }
}

function explainFault(
  reason: number,
  { interfaceName, router }: Pick<InstanceSettings, 'interfaceName' | 'router'>,
): string {
  switch (reason) {
    case TransitionReason.InterfaceDown:
      return `${interfaceName} is down`;
    case TransitionReason.NoPrimaryIpAddress:
      return `${interfaceName} has no ${router.family === 4 ? 'IPv4' : 'link-local IPv6'} address to send from`;
    default:
      return '';
  }
}
