/**
 * Carries out what the engine asks for, and notes on the board what somebody may want to read later.
 *
 * The order of one router's effects is kept. Where many routers change their state at once, their addresses are set
 * in one request to the kernel, and each is announced once before any is announced again.
 */
import { type Effect, EffectKind, type Engine, TransmitPurpose } from '@locum/protocol';
import { type Port, SendResult } from '@locum/transport';
import { type EventRing, HostEvent } from '../board/event-ring.ts';

/** Where frames go out, by the engine's port index; undefined while a port is closed. */
export interface OutgoingPorts {
  get(index: number): Pick<Port, 'send' | 'sendRouted'> | undefined;
}

/** Who puts the addresses of routers on the interfaces and takes them off. */
export interface AddressHolder {
  acquire(routers: readonly number[]): void;
  release(routers: readonly number[]): void;
}

export class EffectExecutor {
  /** Something was noted that the supervisor should hear of at once. */
  newsPending = false;
  readonly #engine: Engine;
  readonly #ports: OutgoingPorts;
  readonly #addresses: AddressHolder;
  readonly #events: EventRing;
  /** The instant of the call in progress. */
  readonly #at = new Float64Array(1);
  /** Routers whose addresses are about to change, with the number of their effects that were postponed. */
  readonly #waiting = new Map<number, number>();
  readonly #acquiring: number[] = [];
  readonly #releasing: number[] = [];
  /** Indexes of postponed effects: the first of every router, then the second of every router, and so on. */
  readonly #rounds: number[][] = [];

  constructor(engine: Engine, ports: OutgoingPorts, addresses: AddressHolder, board: { readonly events: EventRing }) {
    this.#engine = engine;
    this.#ports = ports;
    this.#addresses = addresses;
    this.#events = board.events;
  }

  /** @param frame the received bytes that caused the effects, where a frame did */
  execute(at: number, frame?: Uint8Array): void {
    this.#at[0] = at;
    this.executeAt(this.#at, 0, frame);
  }

  /** As {@link execute}, at the instant in `instants[index]`: a number that is never an argument is never boxed. */
  executeAt(instants: Float64Array, index: number, frame?: Uint8Array): void {
    this.#at[0] = instants[index]!;
    const { effects } = this.#engine;
    for (let position = 0; position < effects.count; position++) {
      const effect = effects.at(position);
      if (this.#waiting.size > 0 && this.#waiting.has(effect.router)) this.#postpone(effect.router, position);
      else if (effect.kind === EffectKind.AcquireAddresses) this.#wait(effect.router, this.#acquiring);
      else if (effect.kind === EffectKind.ReleaseAddresses) this.#wait(effect.router, this.#releasing);
      else this.#perform(effect, frame);
    }
    if (this.#waiting.size > 0) this.#changeAddresses(frame);
    effects.clear();
  }

  /** The router's further effects come after its addresses are changed. */
  #wait(router: number, list: number[]): void {
    list.push(router);
    this.#waiting.set(router, 0);
  }

  #postpone(router: number, index: number): void {
    const round = this.#waiting.get(router)!;
    this.#waiting.set(router, round + 1);
    let postponed = this.#rounds[round];
    if (postponed === undefined) {
      postponed = [];
      this.#rounds[round] = postponed;
    }
    postponed.push(index);
  }

  #changeAddresses(frame: Uint8Array | undefined): void {
    if (this.#releasing.length > 0) this.#addresses.release(this.#releasing);
    if (this.#acquiring.length > 0) this.#addresses.acquire(this.#acquiring);
    for (const round of this.#rounds) for (const index of round) this.#perform(this.#engine.effects.at(index), frame);
    this.#releasing.length = 0;
    this.#acquiring.length = 0;
    this.#rounds.length = 0;
    this.#waiting.clear();
  }

  #perform(effect: Effect, frame: Uint8Array | undefined): void {
    switch (effect.kind) {
      case EffectKind.Transmit:
        this.#transmit(effect.router, effect.port, effect.routed, effect.start, effect.end, effect.purpose);
        break;
      case EffectKind.AcquireAddresses:
        this.#addresses.acquire([effect.router]);
        break;
      case EffectKind.ReleaseAddresses:
        this.#addresses.release([effect.router]);
        break;
      case EffectKind.StateChanged:
      case EffectKind.LowerPriorityHeard:
        this.#events.writeEffect(this.#at[0]!, effect, frame);
        this.newsPending = true;
        break;
      default:
        this.#events.writeEffect(this.#at[0]!, effect, frame);
    }
  }

  #transmit(router: number, port: number, routed: boolean, start: number, end: number, purpose: TransmitPurpose): void {
    const open = this.#ports.get(port);
    const bytes = this.#engine.txBytes;
    const result =
      open === undefined
        ? SendResult.NotOpen
        : routed
          ? open.sendRouted(bytes, start, end)
          : open.send(bytes, start, end);
    if (result !== SendResult.Sent) {
      this.#events.write(this.#at[0]!, HostEvent.SendFailed, router, port, result, purpose);
    } else if (purpose === TransmitPurpose.Resign) {
      this.#events.write(this.#at[0]!, HostEvent.Resigned, router, port, 0, 0);
    }
  }
}
