/**
 * What the supervisor does in the moment the engine process dies without a word: resigns for every router that was
 * Active, so that the peers take over after the skew time instead of three intervals, and takes the addresses off.
 *
 * The frames stand ready on the board and the sockets are open beforehand: nothing is built or asked for when it counts.
 */
import { monotonicUs, NetlinkSocket } from '@locum/linux';
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
import type { Board } from '../board/board.ts';
import type { RouterPlan } from '../channel/message.ts';
import { AddressKeeper } from '../engine-process/address-keeper.ts';
import { transportNamed } from '../engine-process/transports.ts';

const OWNER_PRIORITY = 255;

/** A router as the supervisor knows it. */
export interface WatchedRouter {
  /** Row on the board. */
  readonly slot: number;
  readonly plan: RouterPlan;
}

export class LastGasp {
  readonly #ports = new Map<number, Port>();

  /** Opens a socket for each port of the engine. One that cannot be opened now is tried again at the next call. */
  async prepare(interfaceNames: readonly string[], transport: string): Promise<void> {
    this.close();
    for (const [index, interfaceName] of interfaceNames.entries()) {
      try {
        const port = await (await transportNamed(transport)).open(
          // Nothing is received: these sockets only ever send.
          { interfaceName, filter: { ipProtocols: [] }, groups: [] },
          { onFrame: () => {}, onFault: () => this.#ports.delete(index) },
          { now: monotonicUs },
        );
        this.#ports.set(index, port);
      } catch {
        // The engine reports the interface that cannot be used; without it there is nothing to resign from.
      }
    }
  }

  /** Resigns for the dead engine. Returns the slots that were Active. */
  fire(board: Board, routers: readonly WatchedRouter[]): number[] {
    const active = routers.filter(({ slot }) => board.rows[rowStart(slot) + Column.State] === RouterState.Active);
    for (const { slot, plan } of active) this.#resign(board, slot, plan);
    const netlink = new NetlinkSocket();
    const addresses = new AddressKeeper(netlink, () => {});
    for (const { slot, plan } of active) {
      addresses.configure(slot, plan.addresses, plan.settings.priority === OWNER_PRIORITY);
    }
    netlink.close();
    return active.map(({ slot }) => slot);
  }

  close(): void {
    for (const port of this.#ports.values()) port.close();
    this.#ports.clear();
  }

  #resign(board: Board, slot: number, plan: RouterPlan): void {
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
      const port = this.#ports.get(frame.port);
      if (frame.routed) port?.sendRouted(bytes, frame.start, frame.end);
      else port?.send(bytes, frame.start, frame.end);
    }
  }
}
