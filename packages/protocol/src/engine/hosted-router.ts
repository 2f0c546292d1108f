/**
 * A router of the state machine with what the engine adds: its frames and the profile that adverts are checked against.
 */
import { Router } from '../machine/router.ts';
import { TransitionReason } from '../machine/state.ts';
import { TIMER_ROLES } from '../machine/timer-role.ts';
import { useInterval } from '../machine/transitions.ts';
import type { Micros } from '../units.ts';
import { RouterProfile } from '../wire/profile.ts';
import { primaryAddress, RouterFrames } from './frames.ts';
import { sameAddress } from './port.ts';
import type { LinkState, RouterSettings } from './settings.ts';
import { Column, writeAddress } from './snapshot.ts';

/** Columns that start with "never"; all others start with zero. */
const NEVER_COLUMNS = [
  Column.LastTransitionAt,
  Column.UpSince,
  Column.LastAdvertAt,
  Column.PreemptHoldUntil,
  Column.LastAssertAt,
  Column.LastPriorityZeroReplyAt,
  Column.AwaySince,
];

export class HostedRouter extends Router {
  readonly frames: RouterFrames;
  readonly profile: RouterProfile;
  /** Source of our adverts, 4 or 16 octets; undefined while there is none. */
  #source: Uint8Array | undefined;
  readonly #noSource: Uint8Array;

  /** Takes over `row`, whatever is in it. */
  constructor(now: Micros, index: number, row: Float64Array, settings: RouterSettings) {
    super(index, row, settings);
    this.profile = new RouterProfile(settings.family, settings.vrid);
    this.profile.index = index;
    this.profile.setAuthentication(settings.authentication);
    this.frames = new RouterFrames(settings);
    this.#noSource = new Uint8Array(settings.family === 4 ? 4 : 16);
    row.fill(0);
    for (const column of NEVER_COLUMNS) row[column] = -Infinity;
    row.fill(Infinity, Column.Deadlines, Column.Deadlines + TIMER_ROLES);
    row[Column.DiscontinuityAt] = now;
    row[Column.InUse] = 1;
    row[Column.EffectivePriority] = settings.priority;
    row[Column.AdvertisementIntervalUs] = settings.advertisementIntervalUs;
    this.#describe();
    useInterval(this, settings.advertisementIntervalUs);
  }

  /** Takes over settings with the same identity. Timers, priority and frames in the arena are the engine's to adapt. */
  apply(settings: RouterSettings): void {
    if (!sameAuthentication(this.settings, settings)) this.profile.setAuthentication(settings.authentication);
    this.settings = settings;
    this.frames.apply(settings);
    this.#describe();
  }

  /** Brings profile and row in line with the settings. */
  #describe(): void {
    const { settings, profile, row } = this;
    profile.apply(settings);
    this.announcementCount = this.frames.announcementCount;
    this.nextAnnouncement = 0;
    row[Column.Port] = settings.port;
    row[Column.Family] = settings.family;
    row[Column.Vrid] = settings.vrid;
    row[Column.Version] = settings.version;
    row[Column.Priority] = settings.priority;
  }

  /** Builds the frames for `link` and notes the address they are sent from. */
  build(bytes: Uint8Array, start: number, link: LinkState | undefined): void {
    this.frames.build(bytes, start, link, this.row[Column.EffectivePriority]!, this.row[Column.AhSequence]!);
    this.#source = link === undefined ? undefined : primaryAddress(this.settings, link);
    writeAddress(this.row, Column.PrimaryAddress, this.source, 0, this.source.length);
  }

  /** What other senders' addresses are compared with; all zero while there is none. */
  get source(): Uint8Array {
    return this.#source ?? this.#noSource;
  }

  /** Whether the frames that have been built carry the source address that `link` calls for. */
  isSentFrom(link: LinkState | undefined): boolean {
    return sameAddress(this.#source, link === undefined ? undefined : primaryAddress(this.settings, link));
  }

  /** Why the router cannot leave Initialize over `link` (FSM-I-04), or None when it can. */
  obstacle(link: LinkState | undefined): TransitionReason {
    if (link === undefined || !link.up) return TransitionReason.InterfaceDown;
    if (primaryAddress(this.settings, link) === undefined) return TransitionReason.NoPrimaryIpAddress;
    if (this.settings.addresses.length === 0) return TransitionReason.NoVirtualIpAddresses;
    return TransitionReason.None;
  }

  /** What has happened, seen from the obstacle noted last, when there is none any more. */
  obstacleRemoved(): TransitionReason {
    switch (this.row[Column.LastEvent]) {
      case TransitionReason.InterfaceDown:
        return TransitionReason.InterfaceUp;
      case TransitionReason.NoPrimaryIpAddress:
        return TransitionReason.PrimaryIpAddress;
      case TransitionReason.NoVirtualIpAddresses:
        return TransitionReason.VirtualIpAddresses;
      default:
        return TransitionReason.Startup;
    }
  }
}

function sameAuthentication(before: RouterSettings, after: RouterSettings): boolean {
  const [first, second] = [before.authentication, after.authentication];
  if (first.type === 'none' || second.type === 'none') return first.type === second.type;
  return first.type === second.type && sameAddress(first.key, second.key);
}
