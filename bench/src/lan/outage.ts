/**
 * Ways in which an Active stops being one.
 */
import type { Host } from '@locum/integration/host';
import type { Lab } from '@locum/integration/lab';
import type { RunningRouters } from '../subjects/router-program.ts';

/** The side that it happens to. */
export interface Victim {
  readonly lab: Lab;
  readonly host: Host;
  readonly routers: RunningRouters;
}

/** How the victim becomes a Backup again. */
export type Recovery =
  /** It has to be started again. */
  | 'start'
  /** It continues, after `undo`. */
  | 'continue';

export interface Outage {
  readonly name: string;
  /** Synchronous, so that the instant before the call is the instant at which it happens. */
  strike(victim: Victim): void;
  readonly recovery: Recovery;
  /** Takes back what {@link strike} did, where it can be taken back. */
  undo?(victim: Victim): void;
}

export const OUTAGES = {
  stop: {
    name: 'orderly stop',
    strike: ({ routers }) => routers.process.signal('SIGTERM'),
    recovery: 'start',
  },
  engine: {
    name: 'SIGKILL of the engine',
    strike: ({ routers }) => void process.kill(routers.enginePid, 'SIGKILL'),
    recovery: 'continue',
  },
  everything: {
    name: 'SIGKILL of everything',
    strike: ({ host }) => void host.killAll(),
    recovery: 'start',
  },
  freeze: {
    name: 'SIGSTOP of everything',
    strike: ({ host }) => void host.signalAll('SIGSTOP'),
    recovery: 'continue',
    undo: ({ host }) => void host.signalAll('SIGCONT'),
  },
  cut: {
    name: 'cable cut',
    strike: ({ lab, host }) => lab.cut(host),
    recovery: 'continue',
    undo: ({ lab, host }) => lab.heal(host),
  },
} as const satisfies Record<string, Outage>;
