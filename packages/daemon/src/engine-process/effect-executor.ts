/**
 * Carries out what the engine asks for, in its order, and notes on the board what somebody may want to read later.
 */
import { EffectKind, type Engine, TransmitPurpose } from '@locum/protocol';
import { SendResult } from '@locum/transport';
import type { Board } from '../board/board.ts';
import { HostEvent } from '../board/event-ring.ts';
import type { AddressKeeper } from './address-keeper.ts';
import type { PortTable } from './port-table.ts';

export class EffectExecutor {
  /** Something was noted that the supervisor should hear of at once. */
  newsPending = false;
  readonly #engine: Engine;
  readonly #ports: PortTable;
  readonly #addresses: AddressKeeper;
  readonly #board: Board;

  constructor(engine: Engine, ports: PortTable, addresses: AddressKeeper, board: Board) {
    this.#engine = engine;
    this.#ports = ports;
    this.#addresses = addresses;
    this.#board = board;
  }

  /** @param frame the received bytes that caused the effects, where a frame did */
  execute(at: number, frame?: Uint8Array): void {
    const { effects } = this.#engine;
    for (let index = 0; index < effects.count; index++) {
      const effect = effects.at(index);
      switch (effect.kind) {
        case EffectKind.Transmit:
          this.#transmit(at, effect.router, effect.port, effect.routed, effect.start, effect.end, effect.purpose);
          break;
        case EffectKind.AcquireAddresses:
          this.#addresses.acquire(effect.router);
          break;
        case EffectKind.ReleaseAddresses:
          this.#addresses.release(effect.router);
          break;
        case EffectKind.StateChanged:
        case EffectKind.LowerPriorityHeard:
          this.#board.events.writeEffect(at, effect, frame);
          this.newsPending = true;
          break;
        default:
          this.#board.events.writeEffect(at, effect, frame);
      }
    }
    effects.clear();
  }

  #transmit(
    at: number,
    router: number,
    port: number,
    routed: boolean,
    start: number,
    end: number,
    purpose: TransmitPurpose,
  ): void {
    const open = this.#ports.get(port);
    const bytes = this.#engine.txBytes;
    const result =
      open === undefined
        ? SendResult.NotOpen
        : routed
          ? open.sendRouted(bytes, start, end)
          : open.send(bytes, start, end);
    if (result !== SendResult.Sent) {
      this.#board.events.write(at, HostEvent.SendFailed, router, port, result, purpose);
    } else if (purpose === TransmitPurpose.Resign) {
      this.#board.events.write(at, HostEvent.Resigned, router, port, 0, 0);
    }
  }
}
