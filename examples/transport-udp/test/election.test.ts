/** Two locumd without any privilege elect an Active through the tunnel; what was said there is recorded by a third end. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Frame, FrameSink } from '@locum/transport';
import { udpTransport } from '../src/index.ts';
import { openEnd, SECRET } from './segment.ts';

/** Compiled, this file is four folders below the root of the checkout. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const BIN = path.join(ROOT, 'bin');
const PACKAGE = path.join(ROOT, 'examples/transport-udp');
const WITHOUT_CAPABILITIES = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];
const AS_NOBODY = [...WITHOUT_CAPABILITIES, '--reuid=65534', '--regid=65534', '--clear-groups'];
const DEADLINE_MS = 20_000;

interface Status {
  readonly supervisorPid: number;
  readonly enginePid: number;
  readonly instances: readonly { readonly keepalivedState: string }[];
}

/** The advert that a third end of the tunnel heard: the last octet of its source, and its priority. */
interface Advert {
  readonly from: number;
  readonly priority: number;
}

class Recorder implements FrameSink {
  readonly adverts: Advert[] = [];

  onFrame({ bytes, start }: Frame): void {
    const message = start + (bytes[start]! & 0x0f) * 4;
    this.adverts.push({ from: bytes[start + 15]!, priority: bytes[message + 2]! });
  }

  onFault(): void {}
}

class Router {
  readonly #folder: string;
  readonly #prefix: readonly string[];
  readonly #name: string;
  process: ChildProcess | undefined;
  output = '';

  constructor(folder: string, prefix: readonly string[], network: string, host: number, priority: number) {
    this.#folder = folder;
    this.#prefix = prefix;
    this.#name = `router${host}`;
    const peers = [1, 2, 3].filter((peer) => peer !== host).map((peer) => `${network}.${peer}`);
    writeFileSync(
      this.#file('conf'),
      `vrrp_instance VI_1 {
        interface lo
        transport "${PACKAGE}" {
          bind ${network}.${host}
          peers ${peers.join(',')}
          secret "${SECRET}"
        }
        mcast_src_ip 192.0.2.${host}
        version 3
        virtual_router_id 51
        priority ${priority}
        advert_int 0.2
        virtual_ipaddress { 203.0.113.9/32 }
      }\n`,
    );
  }

  start(): void {
    const daemon = ['-n', '-f', this.#file('conf'), '-p', this.#file('pid'), '--run-dir', this.#file('run')];
    this.process = this.#spawn('locumd', daemon);
    this.process.stderr!.on('data', (text) => {
      this.output += text;
    });
  }

  status(): Status | undefined {
    const [command, ...words] = this.#command('locum', ['status', '--json', '--run-dir', this.#file('run')]);
    const { status, stdout } = spawnSync(command!, words, { encoding: 'utf8' });
    return status === 0 ? (JSON.parse(stdout) as Status) : undefined;
  }

  isIn(state: string): boolean {
    return this.status()?.instances[0]?.keepalivedState === state;
  }

  /** Ends supervisor and engine without a word. */
  kill(): void {
    for (const pid of pidsOf(this)) process.kill(pid, 'SIGKILL');
  }

  async stop(): Promise<void> {
    const { process: child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  #file(extension: string): string {
    return path.join(this.#folder, `${this.#name}.${extension}`);
  }

  #command(program: string, words: readonly string[]): string[] {
    return [...this.#prefix, path.join(BIN, program), ...words];
  }

  #spawn(program: string, words: readonly string[]): ChildProcess {
    const [command, ...rest] = this.#command(program, words);
    return spawn(command!, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

/** How to run a program without privilege, and why that cannot be done where it cannot. */
function unprivileged(): { prefix: readonly string[]; skip: string | false } {
  if (process.getuid?.() !== 0) return { prefix: [], skip: false };
  const runs = (prefix: readonly string[]): boolean => {
    const [command, ...words] = [...prefix, path.join(BIN, 'locum'), '--version'];
    return spawnSync(command!, words, { stdio: 'ignore' }).status === 0;
  };
  // A checkout that only root may read is no obstacle: root without capabilities is an ordinary user who owns it.
  for (const prefix of [AS_NOBODY, WITHOUT_CAPABILITIES]) if (runs(prefix)) return { prefix, skip: false };
  const what = 'two unprivileged daemons elect through the tunnel';
  return { prefix: [], skip: `NOT RUN ${what}: there is no setpriv here. Remedy: install util-linux` };
}

const { prefix, skip } = unprivileged();

test('two unprivileged daemons elect through the tunnel, fail over and return', { skip }, async (context) => {
  const { folder, network } = prepare(context);
  const recorder = new Recorder();
  const extra = { bind: `${network}.3`, peers: `${network}.1`, secret: SECRET };
  const observer = await openEnd({ transport: udpTransport, interfaceName: 'lo', extra }, recorder);
  const preferred = new Router(folder, prefix, network, 1, 100);
  const other = new Router(folder, prefix, network, 2, 90);
  context.after(async () => {
    observer.close();
    await Promise.all([preferred.stop(), other.stop()]);
  });
  /** Waits until the last word in the tunnel is that of `active`, and both routers say so too. */
  const reach = async (active: Router, rest: readonly Router[], word: Advert, what: string): Promise<void> => {
    const giveUpAt = performance.now() + DEADLINE_MS;
    const isReached = (): boolean => {
      const last = recorder.adverts.at(-1);
      if (last?.from !== word.from || last.priority !== word.priority) return false;
      return active.isIn('MASTER') && rest.every((router) => router.isIn('BACKUP'));
    };
    while (!isReached()) {
      assert.ok(performance.now() < giveUpAt, `${what}\n1: ${preferred.output}\n2: ${other.output}`);
      await new Promise<void>((resolve) => setTimeout(resolve, 20));
    }
  };
  const first: Advert = { from: 1, priority: 100 };
  const second: Advert = { from: 2, priority: 90 };

  preferred.start();
  other.start();
  await reach(preferred, [other], first, 'router 1 becomes Active');
  for (const router of [preferred, other]) {
    for (const pid of pidsOf(router)) assert.match(procStatus(pid), /^CapEff:\s*0+$/m);
  }

  preferred.kill();
  await reach(other, [], second, 'router 2 takes over');
  const returnsFrom = recorder.adverts.length;
  preferred.start();
  await reach(preferred, [other], first, 'router 1 returns');
  const resignsFrom = recorder.adverts.length;
  await preferred.stop();
  await reach(other, [], second, 'router 2 takes over from a router that resigned');

  const whileReturning = recorder.adverts.slice(returnsFrom, resignsFrom);
  const preempted = whileReturning.slice(whileReturning.findIndex(({ from }) => from === 1));
  // One advert of the loser may cross that of the winner on the way; a second one would be a second Active.
  assert.ok(preempted.filter(({ from }) => from === 2).length <= 1, JSON.stringify(whileReturning));
  const words = recorder.adverts.slice(resignsFrom).map(({ from, priority }) => `${from} at ${priority}`);
  assert.deepEqual([...new Set(words.filter((word) => word !== '1 at 100'))], ['1 at 0', '2 at 90']);
});

/** A folder that any user may use, and an IPv4 network of loopback addresses. */
function prepare(context: TestContext): { folder: string; network: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'locum-udp-'));
  chmodSync(folder, 0o777);
  context.after(() => {
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  });
  return { folder, network: `127.${randomInt(1, 255)}.${randomInt(256)}` };
}

function pidsOf(router: Router): number[] {
  const { supervisorPid, enginePid } = router.status()!;
  return [supervisorPid, enginePid];
}

function procStatus(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}
