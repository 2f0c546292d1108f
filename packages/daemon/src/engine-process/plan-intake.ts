/**
 * Puts together the change of plan that arrives as many messages.
 */
import type { PlanChange, RouterPlan, SupervisorMessage } from '../channel/message.ts';

export class PlanIntake {
  #head: Extract<SupervisorMessage, { type: 'configure' }> | undefined;
  #routers: RouterPlan[] = [];

  /** Takes the next message and returns the change when that was its last. A new beginning drops what is incomplete. */
  take(message: Extract<SupervisorMessage, { type: 'configure' | 'router' }>): PlanChange | undefined {
    if (message.type === 'router') this.#routers.push(message.router);
    else {
      this.#head = message;
      this.#routers = [];
    }
    if (this.#head === undefined || this.#routers.length < this.#head.routerCount) return undefined;
    const change = { ...this.#head.change, routers: this.#routers };
    this.#head = undefined;
    this.#routers = [];
    return change;
  }
}
