/**
 * What `locum doctor` asks a machine: a seam, so that tests can have a machine of any kind.
 *
 * Nothing is changed. System calls need a native module that may not load here, which is one of the questions.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { release } from 'node:os';

/** What is asked of system calls. */
export interface SystemCalls {
  hasCapability(name: 'NetAdmin' | 'NetRaw' | 'SysNice' | 'IpcLock'): boolean;
  canOpenPacketSocket(): boolean;
  /** Highest real-time priority that the limits of this process allow; 0 for none. */
  realTimeLimit(): number;
  /** Octets that this process may lock; Infinity for no limit. */
  lockedMemoryLimit(): number;
}

export interface Machine {
  readonly nodeVersion: string;
  readonly platform: string;
  readonly architecture: string;
  readonly kernelRelease: string;
  /** Rejects when the native module cannot be loaded. */
  systemCalls(): Promise<SystemCalls>;
  /** Rejects when libpcap or the package for it cannot be loaded. */
  loadPcap(): Promise<void>;
  /** Why a file cannot be opened for reading and writing, or undefined when it can. */
  refusal(path: string): string | undefined;
  /** Text of a file without surrounding blanks, or undefined where there is none. */
  read(path: string): string | undefined;
  hasCommand(name: string): boolean;
}

export const thisMachine: Machine = {
  nodeVersion: process.versions.node,
  platform: process.platform,
  architecture: process.arch,
  kernelRelease: release(),
  async systemCalls() {
    const linux = await import('@locum/linux');
    return {
      hasCapability: (name) => linux.hasCapability(linux.Capability[name]),
      canOpenPacketSocket: linux.canOpenPacketSocket,
      realTimeLimit: () => Number(linux.resourceLimit(linux.Resource.RealTimePriority).soft),
      lockedMemoryLimit: () => {
        const { soft } = linux.resourceLimit(linux.Resource.LockedMemory);
        return soft === linux.UNLIMITED ? Number.POSITIVE_INFINITY : Number(soft);
      },
    };
  },
  async loadPcap() {
    const { loadCap } = await import('@locum/transport-pcap');
    loadCap('this machine');
  },
  refusal(path) {
    try {
      closeSync(openSync(path, 'r+'));
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    }
  },
  read(path) {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return undefined;
    }
  },
  hasCommand: (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined,
};
