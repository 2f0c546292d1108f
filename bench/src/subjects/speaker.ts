/**
 * Whoever sends adverts at a steady pace: a daemon with one router, or a loop that does nothing else.
 */
import type { Host } from '@locum/integration/host';
import type { Lab } from '@locum/integration/lab';
import type { Subject } from '../row.ts';
import type { RouterConfiguration } from './configuration.ts';
import type { RouterProgram } from './router-program.ts';

export interface Speaker extends Subject {
  /** Why it cannot do this here; undefined when it can. */
  lack(configuration: RouterConfiguration): string | undefined;
  /** Resolves when it runs; its first advert may still be to come. */
  speak(lab: Lab, host: Host, configuration: RouterConfiguration): Promise<RunningSpeaker>;
}

export interface RunningSpeaker {
  /** Id of the process that keeps time. */
  readonly timekeeper: number;
  stop(): Promise<void>;
}

/** A daemon as a speaker. */
export function speakerOf(program: RouterProgram): Speaker {
  return {
    name: program.name,
    ours: program.ours,
    lack: (configuration) => program.lack(configuration),
    speak: async (lab, host, configuration) => {
      const running = await program.start(lab, host, configuration);
      return { timekeeper: running.enginePid, stop: () => running.stop() };
    },
  };
}
