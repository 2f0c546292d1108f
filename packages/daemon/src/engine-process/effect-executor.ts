/**
 * Carries out what the engine asks for, and notes on the board what somebody may want to read later.
 *
 * The order of one router's effects is kept. Frames that go out of one port in a row are sent together. Where many
 * routers become Active at once, all of them advertise first; then some get their addresses in one request to the kernel
 * and are announced, and then the next.
 */
import { type Effect, EffectKind, type Engine, TransmitPurpose } from '@locum/protocol';
import { SendResult } from '@locum/transport/contract';
import { type EventRing, HostEvent } from '../board/event-ring.ts';
import { FrameBatch, type OutgoingPort } from './frame-batch.ts';

/** Where frames go out, by the engine's port index; undefined while a port is closed. */
export interface OutgoingPorts {
  get(index: number): OutgoingPort | undefined;
}

/** Who puts the addresses of routers on the interfaces and takes them off. */
export interface AddressHolder {
  acquire(routers: readonly number[]): void;
  release(routers: readonly number[]): void;
}

/** Routers that get their addresses in one request: a request takes a moment, and the last waits for the first. */
const ROUTERS_AT_A_TIME = 64;
/** Turn of a router that gives its addresses back. */
const AT_ONCE = -1;

export class EffectExecutor {
  /** Something was noted that the supervisor should hear of at once. */
  newsPending = false;
  readonly #engine: Engine;
  readonly #ports: OutgoingPorts;
  readonly #addresses: AddressHolder;
  readonly #events: EventRing;
  readonly #batch: FrameBatch;
  /** The instant of the call in progress. */
  readonly #at = new Float64Array(1);
  /** Routers whose addresses are about to change, with their place in `acquiring`. */
  readonly #turns = new Map<number, number>();
  readonly #acquiring: number[] = [];
  readonly #releasing: number[] = [];
  /** How many of `acquiring` have their addresses. */
  #acquired = 0;
  /** Indexes of effects that come after a change of addresses. */
  readonly #postponed: number[] = [];

  constructor(engine: Engine, ports: OutgoingPorts, addresses: AddressHolder, board: { readonly events: EventRing }) {
    this.#engine = engine;
    this.#ports = ports;
    this.#addresses = addresses;
    this.#events = board.events;
    this.#batch = new FrameBatch((result, router, port, purpose) => this.#noteSent(result, router, port, purpose));
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
    const turns = this.#turns;
    for (let position = 0; position < effects.count; position++) {
      const effect = effects.at(position);
      if (turns.size > 0 && turns.has(effect.router)) this.#postponed.push(position);
      else if (effect.kind === EffectKind.AcquireAddresses)
        turns.set(effect.router, this.#acquiring.push(effect.router) - 1);
      else if (effect.kind === EffectKind.ReleaseAddresses) {
        turns.set(effect.router, AT_ONCE);
        this.#releasing.push(effect.router);
      } else this.#perform(effect, frame);
    }
    this.#batch.flush();
    if (turns.size > 0) this.#changeAddresses(frame);
    effects.clear();
  }

  #changeAddresses(frame: Uint8Array | undefined): void {
    if (this.#releasing.length > 0) this.#addresses.release(this.#releasing);
    for (const position of this.#postponed) {
      const effect = this.#engine.effects.at(position);
      const turn = this.#turns.get(effect.router)!;
      while (turn >= this.#acquired) this.#acquireSome();
      this.#perform(effect, frame);
    }
    while (this.#acquired < this.#acquiring.length) this.#acquireSome();
    this.#batch.flush();
    this.#releasing.length = 0;
    this.#acquiring.length = 0;
    this.#acquired = 0;
    this.#postponed.length = 0;
    this.#turns.clear();
  }

  /** Those that have their addresses are announced before the next get theirs. */
  #acquireSome(): void {
    this.#batch.flush();
    const end = Math.min(this.#acquired + ROUTERS_AT_A_TIME, this.#acquiring.length);
    this.#addresses.acquire(this.#acquiring.slice(this.#acquired, end));
    this.#acquired = end;
  }

  #perform(effect: Effect, frame: Uint8Array | undefined): void {
    switch (effect.kind) {
      case EffectKind.Transmit:
        this.#transmit(effect);
        break;
      case EffectKind.AcquireAddresses:
        this.#addresses.acquire([effect.router]);
        break;
      case EffectKind.ReleaseAddresses:
        this.#batch.flush();
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

  #transmit({ router, port, routed, start, end, purpose }: Effect): void {
    const open = this.#ports.get(port);
    const bytes = this.#engine.txBytes;
    if (routed) {
      this.#batch.flush();
      const result = open === undefined ? SendResult.NotOpen : open.sendRouted(bytes, start, end);
      this.#noteSent(result, router, port, purpose);
      return;
    }
    if (!this.#batch.takes(port, bytes)) this.#batch.flush();
    this.#batch.add(open, port, bytes, start, end, router, purpose);
  }

  #noteSent(result: SendResult, router: number, port: number, purpose: TransmitPurpose): void {
    if (result !== SendResult.Sent) {
      this.#events.write(this.#at[0]!, HostEvent.SendFailed, router, port, result, purpose);
    } else if (purpose === TransmitPurpose.Resign) {
      this.#events.write(this.#at[0]!, HostEvent.Resigned, router, port, 0, 0);
    }
  }
}
