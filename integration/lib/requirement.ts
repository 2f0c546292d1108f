/**
 * What a test file needs of the machine, found out by trying. When something is missing, one line says so with the
 * remedy and the tests are skipped; with LOCUM_NOT_RUN_IS_FAILURE=1 they fail instead.
 */
import { accessSync, chownSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { closeDescriptor, createNetworkNamespace, openTap } from '@locum/linux';
import { PacketRing } from './packet-ring.ts';

export interface Requirements {
  /** Network namespaces with packet sockets in them. */
  readonly namespaces?: true;
  /** Root over more than one user id, which a user namespace does not give. */
  readonly root?: true;
  /** TAP devices in network namespaces. */
  readonly tap?: true;
  /** Programs on PATH, or where Debian puts daemons. */
  readonly commands?: readonly string[];
}

/** Directories that are not on everybody's PATH. */
const DAEMON_DIRECTORIES = ['/usr/sbin', '/sbin', '/usr/lib/frr'];

/** Debian packages whose name is not the program's. */
const PACKAGES: Readonly<Record<string, string>> = {
  vrrpd: 'frr',
  zebra: 'frr',
  vtysh: 'frr',
  nft: 'nftables',
  ip: 'iproute2',
};

interface Missing {
  readonly reason: string;
  readonly remedy: string;
}

/** The path of a program, or undefined. */
export function findCommand(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...DAEMON_DIRECTORIES];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

/** What this machine lacks of the requirements; undefined when it has everything. */
export function missing(requirements: Requirements): Missing | undefined {
  return (
    (requirements.namespaces && namespacesMissing()) ||
    (requirements.root && rootMissing()) ||
    (requirements.tap && tapMissing()) ||
    commandsMissing(requirements.commands ?? [])
  );
}

/** Options for `describe`, e.g. `describe('lab', requires('lab', { namespaces: true }), () => { ... })`. */
export function requires(tier: string, requirements: Requirements): { skip: string | false } {
  const lack = missing(requirements);
  if (!lack) return { skip: false };
  console.log(`NOT RUN ${tier}: ${lack.reason}. Remedy: ${lack.remedy}`);
  if (process.env.LOCUM_NOT_RUN_IS_FAILURE === '1') {
    test(`${tier} can run`, () => {
      throw new Error(`NOT RUN: ${lack.reason}. Remedy: ${lack.remedy}`);
    });
  }
  return { skip: lack.reason };
}

function namespacesMissing(): Missing | undefined {
  try {
    const namespace = createNetworkNamespace();
    try {
      namespace.run(() => new PacketRing().close());
    } finally {
      namespace.close();
    }
    return undefined;
  } catch (error) {
    const reason = `network namespaces are not allowed (${(error as Error).message})`;
    return { reason, remedy: 'run as root, or inside: unshare --user --map-root-user --net' };
  }
}

function rootMissing(): Missing | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'locum-'));
  try {
    chownSync(directory, 1, 1);
    return undefined;
  } catch (error) {
    return { reason: `not root over other users (${(error as Error).message})`, remedy: 'run as root' };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function tapMissing(): Missing | undefined {
  const namespace = createNetworkNamespace();
  try {
    namespace.run(() => closeDescriptor(openTap({ name: 'locum%d' }).fd));
    return undefined;
  } catch (error) {
    const reason = `no TAP device can be made (${(error as Error).message})`;
    return { reason, remedy: 'modprobe tun; --device /dev/net/tun in a container' };
  } finally {
    namespace.close();
  }
}

function commandsMissing(commands: readonly string[]): Missing | undefined {
  const absent = commands.filter((command) => findCommand(command) === undefined);
  if (absent.length === 0) return undefined;
  const packages = [...new Set(absent.map((command) => PACKAGES[command] ?? command))];
  return { reason: `no ${absent.join(', ')}`, remedy: `apt-get install ${packages.join(' ')}` };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
