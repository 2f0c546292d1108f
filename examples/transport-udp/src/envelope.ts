/**
 * The datagram around a frame, and what makes it trustworthy on networks that are not: who has not the secret can
 * neither make one nor alter one nor send an old one again.
 *
 *    0   4  'LcU1'
 *    4   8  session: drawn at random when a port opens
 *   12   8  sequence: one more for each datagram, beginning at the microseconds of the wall clock
 *   20   8  time of sending: microseconds of the wall clock
 *   28   n  the frame
 * 28+n  32  HMAC-SHA256 of all of the above
 *
 * Nothing is encrypted: VRRP holds no secrets. Numbers are big-endian.
 */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Micros } from '@locum/transport';
import { ReplayWindow } from './replay-window.ts';

const MAGIC = 0x4c635531;
const SESSION_START = 4;
const SESSION_END = 12;
const SEQUENCE = 12;
const SENT_AT = 20;
export const HEADER_BYTES = 28;
export const TAG_BYTES = 32;
const WORD = 2 ** 32;
/** A datagram whose time is further from ours than this is not taken. Clocks must agree that well. */
export const TOLERANCE_US = 30_000_000;
/** Senders that are remembered at once: far more than a virtual router has. */
const MOST_SESSIONS = 64;

/** Why a datagram is dropped, in the order of the checks. */
export const DROP_REASONS = ['foreign', 'forged', 'own', 'stale', 'early', 'crowded', 'replayed'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export type WallClock = () => Micros;
export const wallClock: WallClock = () => Date.now() * 1000;

/** The key of a tunnel. The secret should be long and random: a guessed one opens everything. */
export function tunnelKey(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, 'locum-transport-udp', 'authentication of frames, version 1', 32));
}

/** Puts frames into datagrams. */
export class FrameSealer {
  readonly session = randomBytes(8);
  readonly #key: Uint8Array;
  readonly #now: WallClock;
  #sequence: number;

  constructor(key: Uint8Array, now = wallClock) {
    this.#key = key;
    this.#now = now;
    this.#sequence = now();
  }

  /** A datagram of its own with a copy of the frame. */
  seal(bytes: Uint8Array, start: number, end: number): Buffer {
    const datagram = Buffer.allocUnsafe(HEADER_BYTES + (end - start) + TAG_BYTES);
    datagram.writeUInt32BE(MAGIC, 0);
    datagram.set(this.session, SESSION_START);
    writeInteger(datagram, SEQUENCE, this.#sequence++);
    writeInteger(datagram, SENT_AT, this.#now());
    datagram.set(bytes.subarray(start, end), HEADER_BYTES);
    const tagStart = datagram.length - TAG_BYTES;
    datagram.set(tagOf(this.#key, datagram, tagStart), tagStart);
    return datagram;
  }
}

interface Session {
  readonly window: ReplayWindow;
  lastSentAt: Micros;
}

/** Tells good datagrams from bad ones. The frame of a good one lies from `HEADER_BYTES` to its length less `TAG_BYTES`. */
export class FrameOpener {
  readonly #key: Uint8Array;
  readonly #ownSession: string;
  readonly #now: WallClock;
  readonly #sessions = new Map<string, Session>();

  /** @param ownSession what comes from it is our own, sent back by multicast */
  constructor(key: Uint8Array, ownSession: Buffer, now = wallClock) {
    this.#key = key;
    this.#ownSession = ownSession.toString('hex');
    this.#now = now;
  }

  /** Undefined for a datagram to be trusted, once; else why it is not. Nothing is believed before its tag was checked. */
  check(datagram: Buffer): DropReason | undefined {
    const tagStart = datagram.length - TAG_BYTES;
    if (tagStart < HEADER_BYTES || datagram.readUInt32BE(0) !== MAGIC) return 'foreign';
    if (!timingSafeEqual(datagram.subarray(tagStart), tagOf(this.#key, datagram, tagStart))) return 'forged';
    const id = datagram.toString('hex', SESSION_START, SESSION_END);
    if (id === this.#ownSession) return 'own';
    const now = this.#now();
    const sentAt = readInteger(datagram, SENT_AT);
    if (sentAt < now - TOLERANCE_US) return 'stale';
    if (sentAt > now + TOLERANCE_US) return 'early';
    const session = this.#sessions.get(id) ?? this.#admit(id, now);
    if (session === undefined) return 'crowded';
    session.lastSentAt = Math.max(session.lastSentAt, sentAt);
    return session.window.accept(readInteger(datagram, SEQUENCE)) ? undefined : 'replayed';
  }

  /** A session is forgotten only when every datagram it ever sent has become stale: none of them can be replayed. */
  #admit(id: string, now: Micros): Session | undefined {
    if (this.#sessions.size >= MOST_SESSIONS) {
      for (const [other, { lastSentAt }] of this.#sessions) {
        if (lastSentAt < now - TOLERANCE_US) this.#sessions.delete(other);
      }
      if (this.#sessions.size >= MOST_SESSIONS) return undefined;
    }
    const session = { window: new ReplayWindow(), lastSentAt: 0 };
    this.#sessions.set(id, session);
    return session;
  }
}

function tagOf(key: Uint8Array, datagram: Buffer, end: number): Buffer {
  return createHmac('sha256', key).update(datagram.subarray(0, end)).digest();
}

/** Of a 64-bit field; exact up to 2^53, which microseconds reach in the year 2255. */
function readInteger(bytes: Buffer, start: number): number {
  return bytes.readUInt32BE(start) * WORD + bytes.readUInt32BE(start + 4);
}

function writeInteger(bytes: Buffer, start: number, value: number): void {
  bytes.writeUInt32BE(Math.floor(value / WORD), start);
  bytes.writeUInt32BE(value % WORD, start + 4);
}
