/**
 * A daemon that can be measured: how it is started, told to read its configuration again, and made to go.
 */
import type { Host } from '@locum/integration/host';
import type { Lab } from '@locum/integration/lab';
import type { LabProcess } from '@locum/integration/process';
import type { Subject } from '../row.ts';
import type { RouterConfiguration } from './configuration.ts';

export interface RouterProgram extends Subject {
  /** Why it cannot do this here; undefined when it can. */
  lack(configuration: RouterConfiguration): string | undefined;
  /** Resolves when its virtual routers run. */
  start(lab: Lab, host: Host, configuration: RouterConfiguration): Promise<RunningRouters>;
  /** Starts it without waiting for anything. */
  spawn(lab: Lab, host: Host, configuration: RouterConfiguration): RunningRouters;
}

export interface RunningRouters {
  /** The process that was started. */
  readonly process: LabProcess;
  /** Id of the process that keeps the protocol's time. */
  readonly enginePid: number;
  /** Replaces the configuration file and asks for a reload. */
  reload(configuration: RouterConfiguration): void;
  /** Whether this line of the log says that a reload is finished. */
  isReloaded(line: string): boolean;
  /** Orderly. */
  stop(): Promise<void>;
}

/** What both daemons say when a router has become Backup. */
export const BACKUP_LINE = /Entering BACKUP STATE/;
/** And when it has become either: it runs. */
export const BACKUP_OR_ACTIVE_LINE = /Entering (?:BACKUP|MASTER) STATE/;
