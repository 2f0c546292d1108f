/**
 * What the supervisor does in the moment the engine process dies without a word: resigns for every router that was
 * Active, so that the peers take over after the skew time instead of three intervals, and takes the addresses off.
 *
 * The frames stand ready on the board and the sockets are open beforehand: nothing is built or asked for when it counts.
 */
import { closeSync, openSync } from 'node:fs';
import { boottimeUs, NetlinkSocket, write } from '@locum/linux';
import {
  Column,
  ETHERNET_HEADER_BYTES,
  HmacKey,
  IPV4_HEADER_BYTES,
  RouterState,
  rowStart,
  signAh,
} from '@locum/protocol';
import { type Port, SendResult } from '@locum/transport';
import type { Board } from '../board/board.ts';
import type { PortPlan, PortState, RouterPlan } from '../channel/message.ts';
import { isBuiltIn, STANDARD_TRANSPORT } from '../configuration/transport.ts';
import { AddressKeeper } from '../engine-process/address-keeper.ts';
import { openPort } from '../engine-process/port-opening.ts';

const OWNER_PRIORITY = 255;
const REHEARSALS = 50;

/** A router as the supervisor knows it. */
export interface WatchedRouter {
  /** Row on the board. */
  readonly slot: number;
  readonly plan: RouterPlan;
}

export class LastGasp {
  readonly #ports = new Map<number, Port>();
  #generation = 0;

  /**
   * Opens a port beside each of the engine's. For the transports that come with Locum, `raw` stands in: it is on the same
   * wire and takes the same frames. Those of plug-ins are opened where they can be shared, and not waited for; on
   * others the peers notice the silence. One that cannot be opened now is tried again at the next call.
   */
  async prepare(states: readonly PortState[]): Promise<void> {
    this.close();
    const generation = this.#generation;
    const opened = states.flatMap(({ plan, state, capabilities }, index) => {
      if (state !== 'open') return [];
      if (isBuiltIn(plan.transport.name)) {
        return [this.#open(index, { ...plan, transport: STANDARD_TRANSPORT }, generation)];
      }
      if (capabilities?.shareable === true) void this.#open(index, plan, generation);
      return [];
    });
    await Promise.all(opened);
  }

  async #open(index: number, plan: PortPlan, generation: number): Promise<void> {
    try {
      const { port } = await openPort(
        // Nothing is received: these ports only ever send.
        { ...plan, groups: [] },
        [],
        { onFrame: () => {}, onFault: () => this.#ports.delete(index) },
        { now: boottimeUs },
      );
      if (generation === this.#generation) this.#ports.set(index, port);
      else port.close();
    } catch {
      // The engine reports the interface that cannot be used; without it there is nothing to resign from.
    }
  }

  /** Whether it can resign on the engine's port of that index. */
  isReady(index: number): boolean {
    return this.#ports.has(index);
  }

  /**
   * Walks through the motions, towards nowhere, so that the first time in earnest is not the first time: that is worth
   * half a millisecond.
   */
  rehearse(board: Board, routers: readonly WatchedRouter[]): void {
    const nowhere = openSync('/dev/null', 'w');
    const send = (bytes: Uint8Array, start: number, end: number): SendResult =>
      write(nowhere, bytes, start, end) < 0 ? SendResult.Failed : SendResult.Sent;
    for (let round = 0; round < REHEARSALS; round++) {
      for (const { slot, plan } of routers.slice(0, 1)) resign(board, slot, plan, () => ({ send, sendRouted: send }));
    }
    closeSync(nowhere);
  }

  /** Resigns for the dead engine. Returns the slots that were Active. */
  fire(board: Board, routers: readonly WatchedRouter[]): number[] {
    const active = routers.filter(({ slot }) => board.rows[rowStart(slot) + Column.State] === RouterState.Active);
    for (const { slot, plan } of active) resign(board, slot, plan, (port) => this.#ports.get(port));
    const netlink = new NetlinkSocket();
    const addresses = new AddressKeeper(netlink, () => {});
    for (const { slot, plan } of active) {
      addresses.configure(slot, plan.addresses, plan.settings.priority === OWNER_PRIORITY);
    }
    netlink.close();
    return active.map(({ slot }) => slot);
  }

  close(): void {
    this.#generation++;
    for (const port of this.#ports.values()) port.close();
    this.#ports.clear();
  }
}

/** Sends the frames of one router out of the ports that `portAt` knows. */
function resign(
  board: Board,
  slot: number,
  plan: RouterPlan,
  portAt: (index: number) => Pick<Port, 'send' | 'sendRouted'> | undefined,
): void {
  const { bytes } = board.resignations;
  const { authentication } = plan.settings;
  const key = new HmacKey();
  if (authentication.type === 'ah') key.set(authentication.key);
  let sequence = board.rows[rowStart(slot) + Column.AhSequence]!;
  for (const frame of board.resignations.list(slot)) {
    if (authentication.type === 'ah') {
      sequence++;
      const packetStart = frame.start + (frame.routed ? 0 : ETHERNET_HEADER_BYTES);
      signAh(bytes, packetStart, packetStart + IPV4_HEADER_BYTES, frame.end, sequence, key, !frame.routed);
    }
    const port = portAt(frame.port);
    if (frame.routed) port?.sendRouted(bytes, frame.start, frame.end);
    else port?.send(bytes, frame.start, frame.end);
  }
}
