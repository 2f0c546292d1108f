/**
 * Network namespaces: anonymous ones for laboratories, named ones as `ip netns` keeps them under /run/netns.
 *
 * A namespace belongs to a thread, not to a process. Everything here concerns the calling thread; a child process
 * started by it is born in the thread's namespace of that moment.
 */
import { closeSync, openSync } from 'node:fs';
import { check } from './errno.ts';
import { libc } from './libc.ts';

const CLONE_NEWNET = 0x40000000;
const OWN_NAMESPACE = '/proc/thread-self/ns/net';
/** Where named namespaces are mounted. */
const NAMED_NAMESPACES = '/run/netns';

const unshare = libc.func('int unshare(int flags)');
const setns = libc.func('int setns(int fd, int type)');

/** An open network namespace. It lives as long as this object is open, a process is in it, or a name is mounted. */
export class NetworkNamespace {
  /** Descriptor of the namespace, close-on-exec; -1 after {@link close}. */
  fd: number;
  /** For messages: the path or name it was opened by. */
  readonly name: string;

  constructor(fd: number, name: string) {
    this.fd = fd;
    this.name = name;
  }

  /**
   * Calls `action` with the calling thread inside this namespace and returns what it returns; the thread is back
   * afterwards, also when it throws. `action` must be synchronous: what it awaits would run outside. Sockets that
   * it opens and processes that it spawns stay in the namespace.
   */
  run<Result>(action: () => Result): Result {
    const home = openSync(OWN_NAMESPACE, 'r');
    try {
      enterNetworkNamespace(this);
      try {
        return action();
      } finally {
        check(setns(home, CLONE_NEWNET), 'setns');
      }
    } finally {
      closeSync(home);
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.fd < 0) return;
    closeSync(this.fd);
    this.fd = -1;
  }
}

/**
 * Makes a namespace without a name: it vanishes, with all devices in it, when the last descriptor of it is closed and
 * the last process in it has ended. Needs CAP_SYS_ADMIN; throws `SystemError` (EPERM) without.
 */
export function createNetworkNamespace(name = 'anonymous'): NetworkNamespace {
  const home = openSync(OWN_NAMESPACE, 'r');
  try {
    check(unshare(CLONE_NEWNET), 'unshare');
    try {
      return new NetworkNamespace(openSync(OWN_NAMESPACE, 'r'), name);
    } finally {
      check(setns(home, CLONE_NEWNET), 'setns');
    }
  } finally {
    closeSync(home);
  }
}

/**
 * Opens an existing namespace: a number is the id of a process that is in it, text with a slash is a path, any other
 * text a name under /run/netns. Throws the error of `open` (ENOENT) when there is none.
 */
export function openNetworkNamespace(pathOrNameOrPid: string | number): NetworkNamespace {
  const path =
    typeof pathOrNameOrPid === 'number'
      ? `/proc/${pathOrNameOrPid}/ns/net`
      : pathOrNameOrPid.includes('/')
        ? pathOrNameOrPid
        : `${NAMED_NAMESPACES}/${pathOrNameOrPid}`;
  return new NetworkNamespace(openSync(path, 'r'), String(pathOrNameOrPid));
}

/** Moves the calling thread into a namespace, for good. */
export function enterNetworkNamespace(namespace: NetworkNamespace): void {
  check(setns(namespace.fd, CLONE_NEWNET), 'setns');
}
