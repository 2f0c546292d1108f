/**
 * locumd in the lab, from this checkout: its own configuration, run directory and pid files in the lab's artifacts.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PortStatus, StatusDocument } from '@locum/daemon';
import { eventually, within } from './deadline.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import { givePrecedence } from './precedence.ts';
import type { Exit, LabProcess } from './process.ts';

/** The program itself, for tests that give it a command line of their own. */
export const LOCUMD_PROGRAM = fileURLToPath(new URL('../../../packages/daemon/dist/src/locumd.js', import.meta.url));
const READY_DEADLINE_MS = 15_000;
const STATUS_DEADLINE_MS = 5_000;
const STATUS_PERIOD_MS = 5;
const RUNNING = /Entering \w+ STATE|is in \w+ STATE/;

export interface LocumdOptions {
  /** Further command line words. */
  readonly args?: readonly string[];
  /** Continue in the directory of an earlier one, whose engine or left-overs it then finds. */
  readonly directory?: string;
  /** Added to the environment of both processes. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Locumd {
  readonly host: Host;
  readonly process: LabProcess;
  /** Holds configuration, pid files and sockets. */
  readonly directory: string;

  private constructor(host: Host, child: LabProcess, directory: string) {
    this.host = host;
    this.process = child;
    this.directory = directory;
  }

  /** Starts it without waiting for anything. */
  static spawn(lab: Lab, host: Host, configuration: string, options: LocumdOptions = {}): Locumd {
    // Not below the artifacts: paths of sockets are short.
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'locumd-'));
    if (options.directory === undefined) lab.onClose(() => rmSync(directory, { recursive: true, force: true }));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'keepalived.conf'), configuration);
    const args = [
      // As bin/locumd has it.
      '--max-semi-space-size=1',
      '--enable-source-maps',
      LOCUMD_PROGRAM,
      ...['-f', join(directory, 'keepalived.conf'), '-n', '-l', '-D'],
      ...['-p', join(directory, 'locumd.pid'), '--run-dir', join(directory, 'run')],
      ...(options.args ?? []),
    ];
    const child = host.spawn(process.execPath, args, options.env === undefined ? {} : { env: options.env });
    return new Locumd(host, child, directory);
  }

  /** Starts it; resolves when its virtual routers run. */
  static async start(lab: Lab, host: Host, configuration: string, options: LocumdOptions = {}): Promise<Locumd> {
    const locumd = Locumd.spawn(lab, host, configuration, options);
    await locumd.process.line(RUNNING, READY_DEADLINE_MS);
    // It leads another session.
    givePrecedence(locumd.enginePid);
    return locumd;
  }

  /** Process id of the engine that runs at this moment. */
  get enginePid(): number {
    return Number(readFileSync(join(this.directory, 'run', 'engine.pid'), 'utf8'));
  }

  /** Replaces the configuration file and asks for a reload. */
  signalReload(configuration: string): void {
    writeFileSync(join(this.directory, 'keepalived.conf'), configuration);
    this.process.signal('SIGHUP');
  }

  /** Replaces the configuration file and asks for a reload; resolves when the log says what became of it. */
  async reload(configuration: string): Promise<void> {
    const seen = this.process.lines.length;
    this.signalReload(configuration);
    await this.process.line(/Reload finished|stays in force/, READY_DEADLINE_MS, seen);
  }

  /** What `locum status --json` would print. */
  async status(): Promise<StatusDocument> {
    const socket = connect(join(this.directory, 'run', 'locumd.sock'));
    try {
      const answer = new Promise<string>((resolve, reject) => {
        let text = '';
        socket.setEncoding('utf8');
        socket.on('error', reject);
        socket.on('data', (chunk: string) => {
          text += chunk;
          if (text.endsWith('\n')) resolve(text);
        });
      });
      socket.write('{"command":"status"}\n');
      return JSON.parse(await within('locumd answers', answer, STATUS_DEADLINE_MS)) as StatusDocument;
    } finally {
      socket.destroy();
    }
  }

  /** Resolves when the supervisor can resign for an engine that dies, on all ports or on those that are `wanted`. */
  async untilLastGasp(wanted: (port: PortStatus) => boolean = () => true): Promise<void> {
    const end = performance.now() + READY_DEADLINE_MS;
    for (;;) {
      const ports = (await this.status()).ports.filter(wanted);
      if (ports.length > 0 && ports.every(({ lastGasp }) => lastGasp)) return;
      if (performance.now() > end) throw new Error(`no last gasp is ready: ${JSON.stringify(ports)}`);
      await sleep(STATUS_PERIOD_MS);
    }
  }

  /** Orderly: priority 0, addresses removed. */
  async stop(): Promise<Exit> {
    return this.process.stop();
  }

  /** Kills the engine process alone. */
  killEngine(): void {
    process.kill(this.enginePid, 'SIGKILL');
  }

  /** Kills the supervisor alone; the engine goes on. */
  async killSupervisor(): Promise<void> {
    this.process.signal('SIGKILL');
    await this.process.exited;
  }

  /** Kills both without a word, at one instant: neither lives to act on the other's death. */
  async kill(): Promise<void> {
    const pids = [this.process.pid, this.enginePid];
    // Stopped first, so that the supervisor cannot resign between the two kills.
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await this.process.exited;
    await eventually('the engine is gone', () => !this.host.processIds().some((pid) => pids.includes(pid)), 5000);
  }
}
