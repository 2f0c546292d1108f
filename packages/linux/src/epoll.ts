/**
 * A set of descriptors behind one descriptor, which is readable while any of them is ready: for things that have many
 * descriptors and must show one.
 *
 * Waiting for one's own deadline is the business of `poll.ts`; here nothing ever waits.
 */
import { check } from './errno.ts';
import { libc } from './libc.ts';
import { closeDescriptor } from './socket.ts';

const epollCreate = libc.func('int epoll_create1(int flags)') as (flags: number) => number;
const epollCtl = libc.func('int epoll_ctl(int epoll, int operation, int fd, void *event)') as (
  epoll: number,
  operation: number,
  fd: number,
  event: Uint8Array,
) => number;
const epollWait = libc.func('int epoll_wait(int epoll, void *events, int most, int timeoutMs)') as (
  epoll: number,
  events: Uint8Array,
  most: number,
  timeoutMs: number,
) => number;

const EPOLL_CLOEXEC = 0o2000000;
const CTL_ADD = 1;
const CTL_DELETE = 2;
const EPOLLIN = 0x001;
/** struct epoll_event is packed on x86 alone: u32 events, then 64 bits of data. */
const DATA_AT = process.arch === 'x64' ? 4 : 8;
const EVENT_BYTES = DATA_AT + 8;

export class Epoll {
  /** Readable while a member is readable or has an error. -1 after {@link close}. */
  fd: number;
  readonly #events: Uint8Array;
  readonly #view: DataView;
  readonly #most: number;

  /** @param most how many ready members one {@link ready} finds; the others come next time */
  constructor(most: number) {
    this.#most = most;
    this.#events = new Uint8Array(most * EVENT_BYTES);
    this.#view = new DataView(this.#events.buffer);
    this.fd = check(epollCreate(EPOLL_CLOEXEC), 'epoll_create1');
  }

  /**
   * Adds a descriptor, watched for reading. Closing it takes it out.
   * @param token what {@link token} gives for it, 0 to 2^31 - 1
   */
  add(fd: number, token: number): void {
    const event = new Uint8Array(EVENT_BYTES);
    const view = new DataView(event.buffer);
    view.setUint32(0, EPOLLIN, true);
    view.setInt32(DATA_AT, token, true);
    check(epollCtl(this.fd, CTL_ADD, fd, event), 'epoll_ctl add');
  }

  /** Takes a descriptor out that stays open. */
  remove(fd: number): void {
    check(epollCtl(this.fd, CTL_DELETE, fd, new Uint8Array(EVENT_BYTES)), 'epoll_ctl delete');
  }

  /** Looks which members are ready now and returns how many there are. Never waits, allocates nothing. */
  ready(): number {
    return Math.max(epollWait(this.fd, this.#events, this.#most, 0), 0);
  }

  /** Token of a member that the last {@link ready} found, counted from 0. */
  token(index: number): number {
    return this.#view.getInt32(index * EVENT_BYTES + DATA_AT, true);
  }

  /** Idempotent. The members stay open. */
  close(): void {
    if (this.fd < 0) return;
    closeDescriptor(this.fd);
    this.fd = -1;
  }
}
