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
import type { Port } from '@locum/transport';
import { SendResult } from '@locum/transport/contract';
import type { Board } from '../board/board.ts';
import { type PortPlan, type PortState, portKey, type RouterPlan } from '../channel/message.ts';
import { isBuiltIn, STANDARD_TRANSPORT } from '../configuration/built-in-transport.ts';
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

/** A port beside one of the engine's. */
interface Stand {
  readonly key: string;
  /** Undefined while it is being opened. */
  port: Port | undefined;
}

export class LastGasp {
  /** By the index of the engine's port. */
  readonly #stands = new Map<number, Stand>();

  /**
   * Opens a port beside each of the engine's. For the transports that come with Locum, `raw` stands in: it is on the same
   * wire and takes the same frames. Those of plug-ins are opened where they can be shared, and not waited for; on
   * others the peers notice the silence. Those that are open stay so, except those of `again`, whose interface may be
   * another one. One that cannot be opened now is tried again at the next call.
   */
  async prepare(states: readonly PortState[], again: ReadonlySet<number> = new Set()): Promise<void> {
    const waited: Promise<void>[] = [];
    for (const [index, { plan, state, capabilities }] of states.entries()) {
      const stand = state === 'open' ? standFor(plan, capabilities?.shareable === true) : undefined;
      const known = this.#stands.get(index);
      if (stand !== undefined && known?.key === portKey(stand) && !again.has(index)) continue;
      this.#stands.delete(index);
      known?.port?.close();
      if (stand === undefined) continue;
      const opened = this.#open(index, stand);
      if (isBuiltIn(stand.transport.name)) waited.push(opened);
    }
    await Promise.all(waited);
  }

  async #open(index: number, plan: PortPlan): Promise<void> {
    const stand: Stand = { key: portKey(plan), port: undefined };
    this.#stands.set(index, stand);
    const forget = (): void => {
      if (this.#stands.get(index) === stand) this.#stands.delete(index);
    };
    try {
      const sink = { onFrame: () => {}, onFault: forget };
      const { port } = await openPort(plan, [], sink, { now: boottimeUs });
      if (this.#stands.get(index) === stand) stand.port = port;
      else port.close();
    } catch {
      // The engine reports the interface that cannot be used; without it there is nothing to resign from.
      forget();
    }
  }

  /** Whether it can resign on the engine's port of that index. */
  isReady(index: number): boolean {
    return this.#stands.get(index)?.port !== undefined;
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

  /** Resigns for the dead engine. Returns the slots that were Active, and how many frames were sent for each. */
  fire(board: Board, routers: readonly WatchedRouter[]): { readonly slot: number; readonly sent: number }[] {
    const active = routers.filter(({ slot }) => board.rows[rowStart(slot) + Column.State] === RouterState.Active);
    const sent = active.map(({ slot, plan }) => resign(board, slot, plan, (port) => this.#stands.get(port)?.port));
    const netlink = new NetlinkSocket();
    const addresses = new AddressKeeper(netlink, () => {});
    for (const { slot, plan } of active) {
      addresses.configure(slot, plan.addresses, plan.settings.priority === OWNER_PRIORITY);
    }
    netlink.close();
    return active.map(({ slot }, index) => ({ slot, sent: sent[index]! }));
  }

  close(): void {
    for (const { port } of this.#stands.values()) port?.close();
    this.#stands.clear();
  }
}

/** What to open beside a port of the engine. Nothing is received there: these ports only ever send. */
function standFor(plan: PortPlan, isShareable: boolean): PortPlan | undefined {
  if (isBuiltIn(plan.transport.name)) return { ...plan, groups: [], transport: STANDARD_TRANSPORT };
  return isShareable ? { ...plan, groups: [] } : undefined;
}

/** Sends the frames of one router out of the ports that `portAt` knows. Returns how many went out. */
function resign(
  board: Board,
  slot: number,
  plan: RouterPlan,
  portAt: (index: number) => Pick<Port, 'send' | 'sendRouted'> | undefined,
): number {
  const { bytes } = board.resignations;
  const { authentication } = plan.settings;
  const key = new HmacKey();
  if (authentication.type === 'ah') key.set(authentication.key);
  let sent = 0;
  let sequence = board.rows[rowStart(slot) + Column.AhSequence]!;
  for (const frame of board.resignations.list(slot)) {
    if (authentication.type === 'ah') {
      sequence++;
      const packetStart = frame.start + (frame.routed ? 0 : ETHERNET_HEADER_BYTES);
      signAh(bytes, packetStart, packetStart + IPV4_HEADER_BYTES, frame.end, sequence, key, !frame.routed);
    }
    const port = portAt(frame.port);
    const result = frame.routed
      ? port?.sendRouted(bytes, frame.start, frame.end)
      : port?.send(bytes, frame.start, frame.end);
    if (result === SendResult.Sent) sent++;
  }
  return sent;
}
