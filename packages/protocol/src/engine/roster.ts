/**
 * The routers of an engine: found by what they are known by, each with an index, a row, and a place for its frames.
 *
 * Only keeps the books. What a router does when it comes, changes or goes is the engine's business.
 */
import type { Micros } from '../units.ts';
import { FrameArena } from './arena.ts';
import { HostedRouter } from './hosted-router.ts';
import type { Output } from './output.ts';
import { routerKey } from './reconfiguration.ts';
import type { RouterSettings } from './settings.ts';
import { ROW_COLUMNS, rowStart } from './snapshot.ts';

export class Roster {
  readonly #rows: Float64Array;
  readonly #maxRouters: number;
  readonly #output: Output;
  readonly #byKey = new Map<string, HostedRouter>();
  readonly #arena = new FrameArena();

  constructor(rows: Float64Array, maxRouters: number, output: Output) {
    this.#rows = rows;
    this.#maxRouters = maxRouters;
    this.#output = output;
  }

  /** Frames of all routers. */
  get bytes(): Uint8Array {
    return this.#arena.bytes;
  }

  get all(): Iterable<HostedRouter> {
    return this.#byKey.values();
  }

  on(port: number): HostedRouter[] {
    return [...this.#byKey.values()].filter((router) => router.settings.port === port);
  }

  find(settings: RouterSettings): HostedRouter | undefined {
    return this.#byKey.get(routerKey(settings));
  }

  /** Throws a RangeError when `settings` are more than there is room for. */
  checkRoom(settings: readonly RouterSettings[]): void {
    const added = settings.filter((one) => this.find(one) === undefined).length;
    if (this.#byKey.size + added > this.#maxRouters) {
      throw new RangeError(`more than ${this.#maxRouters} routers at a time; raise maxRouters`);
    }
    const ports = this.#output.ports.length;
    if (settings.some(({ port }) => port >= ports)) {
      throw new RangeError(`a router is on port ${ports} or above; raise maxPorts`);
    }
  }

  /** A router with the lowest index that is free, its frames built. */
  add(now: Micros, settings: RouterSettings): HostedRouter {
    this.checkRoom([settings]);
    let index = 0;
    while (this.#output.routers[index] !== undefined) index++;
    const start = rowStart(index);
    const router = new HostedRouter(now, index, this.#rows.subarray(start, start + ROW_COLUMNS), settings);
    this.#output.routers[index] = router;
    this.#byKey.set(routerKey(settings), router);
    this.#port(settings.port).profile.add(router.profile);
    this.#takePlace(router);
    this.build(router);
    this.#updateLocalAddresses(settings.port);
    return router;
  }

  /** Gives a router other settings with the same identity, and builds its frames anew. */
  change(router: HostedRouter, settings: RouterSettings): void {
    const { start, byteLength } = router.frames;
    router.apply(settings);
    if (router.frames.byteLength !== byteLength) {
      this.#arena.giveBack(start, byteLength);
      this.#takePlace(router);
    }
    this.build(router);
    this.#updateLocalAddresses(settings.port);
  }

  /** Builds a router's frames in their place, for the link of its port. */
  build(router: HostedRouter): void {
    router.build(this.#arena.bytes, router.frames.start, this.#port(router.settings.port).link);
  }

  /** Its index, its row and its place are free for others. */
  forget(router: HostedRouter): void {
    const { settings, frames, index } = router;
    this.#output.routers[index] = undefined;
    this.#byKey.delete(routerKey(settings));
    this.#arena.giveBack(frames.start, frames.byteLength);
    this.#updateLocalAddresses(settings.port);
  }

  #takePlace(router: HostedRouter): void {
    const before = this.#arena.bytes;
    const start = this.#arena.take(router.frames.byteLength);
    const { bytes } = this.#arena;
    if (bytes !== before) for (const { frames } of this.#byKey.values()) frames.moveTo(bytes, frames.start);
    router.frames.moveTo(bytes, start);
  }

  #port(index: number): Output['ports'][number] {
    return this.#output.ports[index]!;
  }

  #updateLocalAddresses(index: number): void {
    const port = this.#port(index);
    if (port.link === undefined) return;
    port.update(
      port.link,
      this.on(index).map((router) => router.settings),
    );
  }
}
