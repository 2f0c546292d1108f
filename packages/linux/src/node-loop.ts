/**
 * Node's event loop seen from outside: what a thread that blocks in `ppoll` must watch so that the loop misses nothing.
 *
 * libuv is made for being embedded in another loop like this. Its functions are exported by the node executable, or by
 * the shared library that a distribution's node is linked with. Only the loop of the main thread can be had.
 */
import { koffi } from './libc.ts';

export interface NodeLoop {
  /**
   * An epoll descriptor: readable when a handle of the loop is. A handle that was started since the loop last turned is
   * not in it yet; {@link timeoutUs} is 0 then.
   */
  readonly fd: number;
  /**
   * How long the loop may be left alone: until its next timer, 0 when it wants a turn now, Infinity when nothing is
   * planned. 0 also when no handle keeps the loop alive.
   */
  timeoutUs(): number;
}

/** The loop of the main thread, or undefined where the executable does not export libuv. */
export function nodeLoop(): NodeLoop | undefined {
  try {
    const executable = koffi.load(null);
    const defaultLoop = executable.func('void *uv_default_loop(void)') as () => unknown;
    const backendFd = executable.func('int uv_backend_fd(void *loop)') as (loop: unknown) => number;
    const backendTimeout = executable.func('int uv_backend_timeout(void *loop)') as (loop: unknown) => number;
    const updateTime = executable.func('void uv_update_time(void *loop)') as (loop: unknown) => void;
    const loop = defaultLoop();
    const fd = backendFd(loop);
    if (fd < 0) return undefined;
    return {
      fd,
      timeoutUs(): number {
        // The loop counts from the time it last looked at the clock.
        updateTime(loop);
        const timeoutMs = backendTimeout(loop);
        return timeoutMs < 0 ? Number.POSITIVE_INFINITY : timeoutMs * 1000;
      },
    };
  } catch {
    return undefined;
  }
}
