/**
 * Lays the frames of all routers out in one array, anew with every configuration.
 */
import type { HostedRouter } from './hosted-router.ts';
import type { LinkState } from './settings.ts';

/**
 * A new array with the frames of all routers. Those of `unchanged` routers are copied as they are, also for routers
 * that are about to leave and still have their last words to send; those of `changed` ones are built for their link.
 */
export function layOut(
  unchanged: readonly HostedRouter[],
  changed: readonly HostedRouter[],
  linkOf: (router: HostedRouter) => LinkState | undefined,
): Uint8Array {
  const byteLength = [...unchanged, ...changed].reduce((sum, router) => sum + router.frames.byteLength, 0);
  const arena = new Uint8Array(byteLength);
  let start = 0;
  for (const router of unchanged) {
    router.frames.moveTo(arena, start);
    start += router.frames.byteLength;
  }
  for (const router of changed) {
    router.build(arena, start, linkOf(router));
    start += router.frames.byteLength;
  }
  return arena;
}
