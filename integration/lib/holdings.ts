/**
 * What processes hold of the kernel, and what stands in their namespace: everything that must be the same again after
 * an interface went and came, however often.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { listLinks } from '@locum/linux';
import type { Host } from './host.ts';

/** Sockets of a kind that anybody in the namespace has open, one a line after the heading. */
const SOCKET_TABLES = ['netlink', 'packet', 'raw', 'raw6', 'udp', 'udp6', 'unix'] as const;

/** Text for each kind of thing: what there is of it, sorted, or how much. */
export type Holdings = Readonly<Record<string, string>>;

/** The holdings of the host, and of its processes by their names. Indexes of interfaces and numbers of sockets are left out. */
export function holdingsOf(host: Host, processes: Readonly<Record<string, number>>): Holdings {
  const holdings: Record<string, string> = {
    links: String(listLinks(host.netlink).length),
    addresses: counted(host.allAddresses),
    ...namespaceHoldings(host),
  };
  for (const [name, pid] of Object.entries(processes)) {
    holdings[`descriptors of the ${name}`] = counted(descriptors(pid));
    holdings[`shared mappings of the ${name}`] = counted(sharedMappings(pid));
    holdings[`threads of the ${name}`] = String(readdirSync(`/proc/${pid}/task`).length);
  }
  return holdings;
}

function namespaceHoldings(host: Host): Record<string, string> {
  const read = (table: string): string[] => linesOf(`/proc/thread-self/net/${table}`);
  return host.namespace.run(() => ({
    ...Object.fromEntries(SOCKET_TABLES.map((table) => [`${table} sockets`, String(read(table).length - 1)])),
    'IPv4 memberships': counted(igmpGroups(read('igmp'))),
    'IPv6 memberships': counted(read('igmp6').map((line) => line.split(/\s+/).slice(2, 4).join(' '))),
  }));
}

/** Group and users of each membership; lines that begin with a digit name the interface of those that follow. */
function igmpGroups(lines: readonly string[]): string[] {
  const groups = lines.filter((line) => /^\s/.test(line));
  return groups.map((line) => line.trim().split(/\s+/).slice(0, 2).join(' '));
}

function descriptors(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return withoutNumber(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return [];
    }
  });
}

/** Rings of sockets, shared memory, files. What is anonymous comes and goes with the heap, and is weighed instead. */
function sharedMappings(pid: number): string[] {
  const named = linesOf(`/proc/${pid}/maps`).map((line) => line.split(/\s+/).slice(5).join(' '));
  return named.filter((name) => name !== '' && !/^\[(heap|anon)/.test(name)).map(withoutNumber);
}

/** Octets of memory that belong to the process alone, files apart. */
export function anonymousBytes(pid: number): number {
  const line = linesOf(`/proc/${pid}/smaps_rollup`).find((text) => text.startsWith('Anonymous:'))!;
  return Number(/\d+/.exec(line)![0]) * 1024;
}

/** How many mappings the process has, of any kind. */
export function mappingCount(pid: number): number {
  return linesOf(`/proc/${pid}/maps`).length;
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

function withoutNumber(name: string): string {
  return name.replace(/\[\d+\]$/, '').replace(/^\/memfd:.*/, 'memfd');
}

/** `3 socket:, 1 pipe:`. */
function counted(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort()
    .map(([word, count]) => `${count} ${word}`)
    .join(', ');
}
