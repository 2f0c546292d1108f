/**
 * Carries out what the engine asks for, in its order, and notes on the board what somebody may want to read later.
 */
import { EffectKind, type Engine, TransmitPurpose } from '@locum/protocol';
import { type Port, SendResult } from '@locum/transport';
import { type EventRing, HostEvent } from '../board/event-ring.ts';

/** Where frames go out, by the engine's port index; undefined while a port is closed. */
export interface OutgoingPorts {
  get(index: number): Pick<Port, 'send' | 'sendRouted'> | undefined;
}

/** Who puts a router's addresses on the interfaces and takes them off. */
export interface AddressHolder {
  acquire(router: number): void;
  release(router: number): void;
}

export class EffectExecutor {
  /** Something was noted that the supervisor should hear of at once. */
  newsPending = false;
  readonly #engine: Engine;
  readonly #ports: OutgoingPorts;
  readonly #addresses: AddressHolder;
  readonly #events: EventRing;

  constructor(engine: Engine, ports: OutgoingPorts, addresses: AddressHolder, board: { readonly events: EventRing }) {
    this.#engine = engine;
    this.#ports = ports;
    this.#addresses = addresses;
    this.#events = board.events;
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
          this.#events.writeEffect(at, effect, frame);
          this.newsPending = true;
          break;
        default:
          this.#events.writeEffect(at, effect, frame);
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
      this.#events.write(at, HostEvent.SendFailed, router, port, result, purpose);
    } else if (purpose === TransmitPurpose.Resign) {
      this.#events.write(at, HostEvent.Resigned, router, port, 0, 0);
    }
  }
}
