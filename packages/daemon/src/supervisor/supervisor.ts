/**
 * The supervisor: reads the configuration, keeps an engine process running, tells people what happens, and speaks for
 * the engine when that has died.
 *
 * Nothing here is urgent except the last gasp. The engine keeps time alone; when this process dies, the engine goes on
 * and the next supervisor finds it by its socket.
 */
import { readRow } from '@locum/protocol';
import { type BoardEvent, HostEvent } from '../board/event-ring.ts';
import type { EnginePlan, PortState } from '../channel/message.ts';
import type { LocumdOptions } from '../command-line/locumd-options.ts';
import { loadConfiguration } from '../configuration/load.ts';
import type { DaemonSettings, InstanceSettings } from '../configuration/settings.ts';
import { stateWord } from '../configuration/vocabulary.ts';
import { AcceptFilter } from './accept-filter.ts';
import { ControlServer } from './control-server.ts';
import { type Configured, EngineConnection, type EngineLocation } from './engine-connection.ts';
import type { EngineProcess } from './engine-process.ts';
import { EventLog } from './event-log.ts';
import { LastGasp, type WatchedRouter } from './last-gasp.ts';
import type { Log } from './log.ts';
import { planFor, withAhSequences } from './plan.ts';
import { PortWatch } from './port-watch.ts';
import { postponedNotice } from './postponed-settings.ts';
import { RestartPause } from './restart-pause.ts';
import { RunDirectory } from './run-directory.ts';
import { StartError } from './start-error.ts';
import { releaseStartMemory } from './start-memory.ts';
import { buildStatus } from './status.ts';

/** Events are read at least this often; state changes are reported at once. */
const EVENT_INTERVAL_MS = 250;
/** How long the engine may take to resign in order. */
const STOP_DEADLINE_MS = 5_000;
/** A last gasp uses one sequence for each unicast peer, and a router has at most this many. */
const SEQUENCES_OF_A_LAST_GASP = 256;

/** What the engine carried out last. Instances, routers and their rows on the board stand in one order. */
interface InForce {
  readonly instances: readonly InstanceSettings[];
  readonly routers: EnginePlan['routers'];
  readonly slots: readonly number[];
}

export class Supervisor {
  readonly #options: LocumdOptions;
  readonly #log: Log;
  readonly #runDirectory: RunDirectory;
  readonly #events: EventLog;
  readonly #gasp = new LastGasp();
  readonly #ports: PortWatch;
  readonly #acceptFilter: AcceptFilter;
  #settings: DaemonSettings;
  #plan: EnginePlan;
  #engine: EngineConnection | undefined;
  /** An engine that was started before it was known what for. */
  #spare: EngineProcess | undefined;
  #inForce: InForce | undefined;
  /** The engine is at work on a plan. Which router an event is about is known when it has answered. */
  #configuring = false;
  /** Settled when the plan given last has been carried out. */
  #configured: Promise<unknown> = Promise.resolve();
  readonly #ahSequences = new Map<string, number>();
  #control: ControlServer | undefined;
  #eventTimer: NodeJS.Timeout | undefined;
  #stopping = false;
  /** Called when the daemon has stopped by itself. */
  onStopped: () => void = () => {};
  readonly #restartPause = new RestartPause();
  /** Settled when no engine is being started again. */
  #restarted: Promise<void> = Promise.resolve();
  readonly #hurry = new AbortController();
  #onEngineGone: () => void = () => {};

  /** Throws a {@link StartError} when another daemon uses the run directory. */
  constructor(options: LocumdOptions, settings: DaemonSettings, log: Log, spare?: EngineProcess) {
    this.#options = options;
    this.#spare = spare;
    this.#log = log;
    this.#settings = settings;
    this.#plan = planFor(settings, options.keepAddresses);
    this.#runDirectory = RunDirectory.take(options.runDirectory);
    this.#acceptFilter = new AcceptFilter(tableName(options.runDirectory));
    this.#ports = new PortWatch(log);
    this.#events = new EventLog(log, {
      instance: (slot) => this.#instanceOf(slot),
      row: (slot) => (this.#engine === undefined || slot < 0 ? undefined : readRow(this.#engine.board.rows, slot)),
      interfaceName: (port) => this.#ports.interfaceName(port),
      portFault: (instance) => this.#ports.faultOf(instance),
    });
  }

  /** Starts or adopts the engine and serves `locum`. Rejects with a {@link StartError} when it cannot run as configured. */
  async start(): Promise<void> {
    this.#filterAddresses();
    this.#control = await ControlServer.listen(this.#runDirectory.controlSocket, ({ command }) =>
      this.#answer(command),
    );
    const problems = await this.#startEngine().catch((error: unknown) => {
      this.#control?.close();
      throw error;
    });
    if (this.#stopping) return;
    const fatal = this.#ports.fatalProblem;
    if (fatal !== undefined && this.#engine?.adopted === false) {
      await this.stop();
      throw new StartError('PORT', fatal.message, { hint: fatal.hint ?? 'See the messages above.' });
    }
    this.#logProblems(problems);
    this.#logFaults();
    this.#eventTimer = setInterval(() => this.#readEvents(), EVENT_INTERVAL_MS);
    void this.#settleDown();
  }

  /** Gives up a {@link start} that waits for an engine which does not answer; others go on. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Reads the configuration again. A bad one is reported and changes nothing. */
  async reload(): Promise<void> {
    if (this.#stopping) return;
    this.#log.notice(`Reloading ${this.#options.configFile}`);
    const { settings, diagnostics } = loadConfiguration(this.#options.configFile, {
      configId: this.#options.configId,
      strictIncludes: this.#options.strictIncludes,
      transport: this.#options.transport,
    });
    this.#log.diagnostics(diagnostics);
    if (settings === undefined) {
      this.#log.error('The configuration has errors; the running one stays in force');
      return;
    }
    if (settings.global.netNamespace !== this.#settings.global.netNamespace) {
      this.#log.error('net_namespace cannot change while running; the running configuration stays in force');
      return;
    }
    const postponed = postponedNotice(this.#settings.global, settings.global);
    if (postponed !== undefined) this.#log.notice(postponed);
    this.#readEvents();
    this.#settings = settings;
    this.#plan = planFor(settings, this.#options.keepAddresses);
    this.#filterAddresses();
    if (this.#engine !== undefined) this.#logProblems(await this.#configure(this.#engine));
    this.#log.notice('Reload finished');
  }

  /** Lets the engine resign in order, and ends. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    clearInterval(this.#eventTimer);
    this.#control?.close();
    // An engine that is on its way must not be left alone.
    await this.#restarted;
    if (this.#engine !== undefined) await this.#stopEngine(this.#engine);
    this.#gasp.close();
    this.#acceptFilter.remove();
    this.#runDirectory.release();
  }

  /** Most of what a start takes is not used again; what the last gasp needs is. */
  async #settleDown(): Promise<void> {
    this.#acceptFilter.removeLeftover();
    await releaseStartMemory();
    if (this.#engine !== undefined) this.#gasp.rehearse(this.#engine.board, this.#watched());
  }

  #filterAddresses(): void {
    const problem = this.#acceptFilter.apply(this.#settings.instances);
    if (problem !== undefined) this.#log.error(`no_accept is not in force: ${problem}`);
  }

  async #startEngine(predecessor?: EngineConnection): Promise<Configured['problems']> {
    const startedAt = Date.now();
    const spare = this.#spare;
    this.#spare = undefined;
    const engine = await EngineConnection.open(
      this.#engineLocation(),
      { onNews: (ports) => this.#heard(ports) },
      spare,
      predecessor,
      this.#hurry.signal,
    );
    this.#engine = engine;
    engine.watchForDeath(() => this.#engineGone(engine, startedAt));
    if (this.#stopping) return [];
    if (engine.adopted) {
      engine.board.events.skipToEnd();
      this.#log.notice(`Took charge of the engine process ${engine.pid}, which has been serving alone`);
    }
    const problems = await this.#configure(engine);
    if (engine.adopted) this.#logStates(engine);
    return problems;
  }

  #engineLocation(): EngineLocation {
    const hasNamespace = (this.#options.netNamespace ?? this.#settings.global.netNamespace) !== undefined;
    return {
      socketPath: this.#runDirectory.engineSocket,
      pidFile: this.#options.vrrpPidFile,
      // One that was started early was born where this process was then.
      goAhead: hasNamespace ? { namespaceOf: process.pid } : {},
    };
  }

  // An engine that begins again must not use a sequence twice: peers would take its adverts for replays.
  #rememberSequences({ board }: EngineConnection): void {
    for (const { slot, plan } of this.#watched()) {
      const row = readRow(board.rows, slot);
      if (row !== undefined) this.#ahSequences.set(plan.settings.name, row.ahSequence + SEQUENCES_OF_A_LAST_GASP);
    }
  }

  #logStates({ board }: EngineConnection): void {
    for (const { slot } of this.#watched()) {
      const row = readRow(board.rows, slot);
      const name = this.#instanceOf(slot)?.name ?? '?';
      if (row !== undefined) this.#log.notice(`(${name}) is in ${stateWord(row.state, row.lastEvent)} STATE`);
    }
  }

  /** Gives the engine the plan of the moment, after the one that it may be working on. */
  #configure(engine: EngineConnection): Promise<Configured['problems']> {
    const problems = this.#configured.then(() => this.#configureNext(engine));
    this.#configured = problems.catch(() => {});
    return problems;
  }

  /** No problems where the engine dies: whoever takes its place is given the same plan. */
  async #configureNext(engine: EngineConnection): Promise<Configured['problems']> {
    if (engine !== this.#engine) return [];
    const { instances } = this.#settings;
    const plan = withAhSequences(this.#plan, this.#ahSequences);
    this.#configuring = true;
    const configured = await engine.configure(plan);
    this.#configuring = false;
    if (configured === undefined) return [];
    this.#inForce = { instances, routers: plan.routers, slots: configured.slots };
    this.#logLockedMemory(configured.lockedBytes);
    this.#ports.update(configured.ports, 'planned');
    this.#readEvents();
    await this.#gasp.prepare(configured.ports);
    if (engine === this.#engine) this.#gasp.rehearse(engine.board, this.#watched());
    return configured.problems;
  }

  #logLockedMemory(bytes: number | undefined): void {
    // What could not be locked is among the problems.
    if (bytes === undefined || bytes === 0) return;
    const mebibytes = Math.round(bytes / 2 ** 20);
    this.#log.notice(
      `vrrp_no_swap: ${mebibytes} MiB of the engine process are locked in memory, and all else that it touches later; ` +
        'the supervisor is not locked',
    );
  }

  #logProblems(problems: Configured['problems']): void {
    for (const { message, hint } of problems) this.#log.error(hint === undefined ? message : `${message}. ${hint}`);
  }

  /** A router that cannot begin makes no transition that would be reported. */
  #logFaults(): void {
    for (const { slot } of this.#watched()) {
      const row = this.#engine === undefined ? undefined : readRow(this.#engine.board.rows, slot);
      const instance = this.#instanceOf(slot);
      if (row === undefined || instance === undefined || stateWord(row.state, row.lastEvent) !== 'FAULT') continue;
      if (this.#ports.isOpening(instance)) continue;
      this.#events.writeFault(instance, row.lastEvent);
    }
  }

  #engineGone(engine: EngineConnection, startedAt: number): void {
    this.#engine = undefined;
    if (this.#stopping) {
      this.#readEventsOf(engine);
      this.#onEngineGone();
      return;
    }
    const resigned = this.#gasp.fire(engine.board, this.#watched());
    this.#readEventsOf(engine);
    this.#log.error(`The engine process ${engine.pid} died`);
    for (const { slot, sent } of resigned) {
      const name = this.#instanceOf(slot)?.name ?? '?';
      const words = sent > 0 ? 'resigned in the name of' : 'could not resign in the name of';
      this.#log.warning(`(${name}) ${words} the dead engine, and removed its addresses`);
    }
    this.#rememberSequences(engine);
    engine.board.close();
    if (!this.#options.respawn) {
      this.#log.error('Not starting it again (-R)');
      process.exitCode = 1;
      void this.stop().then(() => this.onStopped());
      return;
    }
    this.#restartAfter(Date.now() - startedAt, engine);
  }

  #restartAfter(livedMs: number, predecessor: EngineConnection): void {
    const restart = (): void => {
      const before = this.#restarted;
      this.#restarted = before.then(() => this.#restartEngine(predecessor));
    };
    const pauseMs = this.#restartPause.after(livedMs);
    if (pauseMs === 0) restart();
    else setTimeout(restart, pauseMs);
  }

  async #restartEngine(predecessor: EngineConnection): Promise<void> {
    if (this.#stopping) return;
    try {
      this.#logProblems(await this.#startEngine(predecessor));
      // It may have died meanwhile, and is followed by another then.
      if (this.#engine !== undefined) this.#log.notice(`The engine runs again as process ${this.#engine.pid}`);
    } catch (error) {
      this.#log.error(`The engine cannot be started: ${(error as Error).message}`);
      this.#restartAfter(0, predecessor);
    }
  }

  async #stopEngine(engine: EngineConnection): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.#onEngineGone = resolve;
    });
    engine.stop();
    const deadline = setTimeout(() => {
      this.#log.error(`The engine process ${engine.pid} does not stop; killing it`);
      process.kill(engine.pid, 'SIGKILL');
    }, STOP_DEADLINE_MS);
    await gone;
    clearTimeout(deadline);
    // An engine that had to be killed, or that died while stopping, has not resigned everything.
    this.#gasp.fire(engine.board, this.#watched());
    engine.board.close();
  }

  #heard(ports: readonly PortState[] | undefined): void {
    // The socket for the last gasp may sit on an interface that is gone.
    if (ports !== undefined) void this.#gasp.prepare(ports, this.#ports.update(ports));
    this.#readEvents();
  }

  #readEvents(): void {
    if (this.#engine === undefined || this.#configuring) return;
    // Why a port is closed comes with the news of its state.
    this.#readEventsOf(
      this.#engine,
      ({ kind, port, value }) => kind === HostEvent.PortClosed && this.#ports.isThoughtOpen(port, value),
    );
  }

  #readEventsOf(engine: EngineConnection, isEarly?: (event: BoardEvent) => boolean): void {
    const lost = engine.board.events.drain((event) => this.#events.write(event), isEarly);
    if (lost > 0) this.#log.warning(`${lost} events were overwritten before they could be logged`);
  }

  #answer(command: string): unknown {
    if (command !== 'status') throw new Error(`unknown command ${command}`);
    return buildStatus(
      {
        routerId: this.#settings.global.routerId,
        configurationFile: this.#options.configFile,
        enginePid: this.#engine?.pid ?? null,
      },
      (this.#inForce?.instances ?? this.#settings.instances).map((instance, index) => ({
        instance,
        slot: this.#inForce?.slots[index] ?? -1,
      })),
      this.#engine?.board,
      this.#ports.statuses(this.#gasp, this.#engine?.board.ports),
    );
  }

  #instanceOf(slot: number): InstanceSettings | undefined {
    const index = this.#inForce?.slots.indexOf(slot) ?? -1;
    return this.#inForce?.instances[index];
  }

  #watched(): WatchedRouter[] {
    const { slots, routers } = this.#inForce ?? { slots: [], routers: [] };
    return slots.map((slot, index) => ({ slot, plan: routers[index]! }));
  }
}

/** A table name that two daemons in one network namespace do not share. */
function tableName(runDirectory: string): string {
  return `locum_${runDirectory.replace(/[^A-Za-z0-9]+/g, '_')}`.slice(0, 60);
}
