/**
 * Sends frames of any content from a host of the lab, past its IP stack, as an attacker or a curious neighbour would.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { bindSocket, closeDescriptor, openPacketSocket, packetAddress, write } from '@locum/linux';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';

/** The flood wakes this often and sends what is due. */
const FLOOD_STEP_MS = 10;
/** In one step, of what a step on time sends: more would be a burst that nobody meant to send. */
const MOST_STEPS_AT_ONCE = 2;

export class Injector {
  readonly #fd: number;

  /** Opens a socket on the host's interface; the lab closes it. */
  constructor(lab: Lab, host: Host) {
    this.#fd = host.namespace.run(() => openPacketSocket());
    bindSocket(this.#fd, packetAddress(host.interfaceIndex, 0), 'bind AF_PACKET');
    lab.onClose(() => closeDescriptor(this.#fd));
  }

  /** Puts a frame on the cable. Throws when the kernel refuses it: a frame that was not sent proves nothing. */
  send(frame: Uint8Array): void {
    const count = write(this.#fd, frame, 0, frame.length);
    if (count !== frame.length) throw new Error(`frame not sent: ${count}`);
  }

  /**
   * Sends each of `frames` `perSecond` times a second for `seconds`, evenly mixed; held up, it ends later. Resolves with
   * how often each was sent.
   */
  async flood(frames: readonly Uint8Array[], perSecond: number, seconds: number): Promise<number> {
    const total = perSecond * seconds;
    const mostRounds = MOST_STEPS_AT_ONCE * Math.ceil((perSecond * FLOOD_STEP_MS) / 1000);
    const beganAt = performance.now();
    let rounds = 0;
    while (rounds < total) {
      const onTime = Math.ceil(((performance.now() - beganAt) / 1000) * perSecond);
      const due = Math.min(total, onTime, rounds + mostRounds);
      for (; rounds < due; rounds++) for (const frame of frames) this.send(frame);
      await sleep(FLOOD_STEP_MS);
    }
    return rounds;
  }
}
