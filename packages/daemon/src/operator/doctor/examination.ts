/**
 * The questions of `locum doctor`, and what the answers mean: which transports can run, what else would be missed, and the
 * remedy for each.
 */
import type { Machine, SystemCalls } from './machine.ts';

/** `ok`; `note`: worth knowing; `warning`: something cannot be used; `missing`: locumd cannot do without it. */
export type Verdict = 'ok' | 'note' | 'warning' | 'missing';

export interface Finding {
  /** Stable name for scripts. */
  readonly id: string;
  readonly verdict: Verdict;
  /** What was looked at, and how it is. */
  readonly text: string;
  readonly remedy?: string;
}

export interface Examination {
  readonly findings: readonly Finding[];
  /** Transports that can run here. */
  readonly transports: readonly string[];
}

const OLDEST_NODE = 20;
const OLDEST_KERNEL = [4, 20] as const;
const PROCESSORS: readonly string[] = ['x64', 'arm64'];
/** Reading these costs a microsecond and more each time. */
const SLOW_CLOCKS: readonly string[] = ['hpet', 'acpi_pm', 'jiffies', 'refined-jiffies', 'xen'];
const CLOCK_SOURCE = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
const TUN = '/dev/net/tun';
const MEMORY_BYTES = 512 * 1024 * 1024;

function capabilityRemedy(name: string): string {
  return `Run locumd as root, or with AmbientCapabilities=${name} in its systemd unit, or --cap-add ${name.slice(4)} in a container.`;
}

/** Asks everything. Never rejects. */
export async function examine(machine: Machine): Promise<Examination> {
  const findings: Finding[] = [nodeFinding(machine), kernelFinding(machine)];
  let calls: SystemCalls | undefined;
  try {
    calls = await machine.systemCalls();
    findings.push({ id: 'system-calls', verdict: 'ok', text: 'system calls: koffi is loaded' });
  } catch (error) {
    findings.push({
      id: 'system-calls',
      verdict: 'missing',
      text: `system calls: koffi cannot be loaded (${firstLine(error)})`,
      remedy: 'Install Locum anew on this machine, with glibc, for x86-64 or arm64: npm ci',
    });
  }
  const raw = rawFinding(calls);
  const pcap = await pcapFinding(machine, calls);
  const tap = tapFinding(machine, calls);
  const transports = [raw, pcap, tap].flatMap(({ id, verdict }) =>
    verdict === 'ok' ? id.replace('transport-', '') : [],
  );
  findings.push(raw, pcap, tap);
  if (calls !== undefined) {
    findings.push(addressFinding(calls), realTimeFinding(calls), lockedMemoryFinding(calls));
  }
  findings.push(clockFinding(machine), ipv6Finding(machine), filterFinding(machine));
  return { findings, transports };
}

function nodeFinding({ nodeVersion, platform, architecture }: Machine): Finding {
  const isOld = Number.parseInt(nodeVersion, 10) < OLDEST_NODE;
  const text = `Node.js ${nodeVersion} on ${platform} (${architecture})`;
  if (!isOld && platform === 'linux' && PROCESSORS.includes(architecture)) return { id: 'node', verdict: 'ok', text };
  const remedy = isOld ? `Install Node.js ${OLDEST_NODE} or newer.` : 'locumd runs on Linux, on x86-64 and arm64.';
  return { id: 'node', verdict: 'missing', text, remedy };
}

function kernelFinding({ kernelRelease }: Machine): Finding {
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  const isOld = major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1]);
  const text = `Linux ${kernelRelease}`;
  if (!isOld) return { id: 'kernel', verdict: 'ok', text };
  return { id: 'kernel', verdict: 'missing', text, remedy: `Locum needs Linux ${OLDEST_KERNEL.join('.')} or newer.` };
}

function rawFinding(calls: SystemCalls | undefined): Finding {
  const id = 'transport-raw';
  if (calls === undefined) return withoutCalls(id, 'missing');
  if (calls.canOpenPacketSocket()) return { id, verdict: 'ok', text: 'transport raw: packet sockets can be opened' };
  if (!calls.hasCapability('NetRaw')) {
    return {
      id,
      verdict: 'missing',
      text: 'transport raw: CAP_NET_RAW is missing',
      remedy: capabilityRemedy('CAP_NET_RAW'),
    };
  }
  return {
    id,
    verdict: 'missing',
    text: 'transport raw: the kernel refuses packet sockets',
    remedy: 'Allow AF_PACKET in the seccomp profile or RestrictAddressFamilies=; the kernel needs CONFIG_PACKET.',
  };
}

async function pcapFinding(machine: Machine, calls: SystemCalls | undefined): Promise<Finding> {
  const id = 'transport-pcap';
  if (calls === undefined) return withoutCalls(id, 'note');
  try {
    await machine.loadPcap();
  } catch (error) {
    const { hint } = error as { hint?: string };
    return {
      id,
      verdict: 'note',
      text: `transport pcap: ${firstLine(error)}`,
      remedy: hint ?? 'Install libpcap and its package, or use transport raw.',
    };
  }
  if (calls.canOpenPacketSocket()) return { id, verdict: 'ok', text: 'transport pcap: libpcap is loaded' };
  return {
    id,
    verdict: 'note',
    text: 'transport pcap: CAP_NET_RAW is missing',
    remedy: capabilityRemedy('CAP_NET_RAW'),
  };
}

function tapFinding(machine: Machine, calls: SystemCalls | undefined): Finding {
  const id = 'transport-tap';
  if (calls === undefined) return withoutCalls(id, 'note');
  const refusal = machine.refusal(TUN);
  if (refusal !== undefined) {
    return {
      id,
      verdict: 'note',
      text: `transport tap, and the virtual MAC: ${TUN} cannot be opened (${refusal})`,
      remedy:
        refusal === 'EACCES' || refusal === 'EPERM'
          ? 'Run locumd as root, or let its user read and write the file.'
          : 'Load the module with: modprobe tun. In a container: --device /dev/net/tun.',
    };
  }
  if (!calls.hasCapability('NetAdmin')) {
    const remedy = capabilityRemedy('CAP_NET_ADMIN');
    return { id, verdict: 'note', text: 'transport tap, and the virtual MAC: CAP_NET_ADMIN is missing', remedy };
  }
  return { id, verdict: 'ok', text: `transport tap, and the virtual MAC: ${TUN} can be opened` };
}

function withoutCalls(id: string, verdict: Verdict): Finding {
  const name = id.replace('-', ' ');
  return { id, verdict, text: `${name}: cannot run without system calls`, remedy: 'See above.' };
}

function addressFinding(calls: SystemCalls): Finding {
  const id = 'addresses';
  if (calls.hasCapability('NetAdmin')) return { id, verdict: 'ok', text: 'addresses can be set: CAP_NET_ADMIN' };
  const text = 'addresses cannot be set: CAP_NET_ADMIN is missing';
  return { id, verdict: 'missing', text, remedy: capabilityRemedy('CAP_NET_ADMIN') };
}

function realTimeFinding(calls: SystemCalls): Finding {
  const id = 'real-time';
  const limit = calls.realTimeLimit();
  if (calls.hasCapability('SysNice')) return { id, verdict: 'ok', text: 'real-time priority: CAP_SYS_NICE' };
  if (limit > 0)
    return { id, verdict: 'ok', text: `real-time priority: up to ${Math.min(limit, 99)} by RLIMIT_RTPRIO` };
  const text = 'real-time priority: not allowed, so vrrp_rt_priority would have no effect';
  return { id, verdict: 'note', text, remedy: 'Give the process CAP_SYS_NICE, or LimitRTPRIO=99 in its systemd unit.' };
}

function lockedMemoryFinding(calls: SystemCalls): Finding {
  const id = 'locked-memory';
  if (calls.hasCapability('IpcLock')) return { id, verdict: 'ok', text: 'locked memory: CAP_IPC_LOCK' };
  if (calls.lockedMemoryLimit() >= MEMORY_BYTES) return { id, verdict: 'ok', text: 'locked memory: by RLIMIT_MEMLOCK' };
  const text = 'locked memory: not allowed, so vrrp_no_swap would have no effect';
  return {
    id,
    verdict: 'note',
    text,
    remedy: 'Give the process CAP_IPC_LOCK, or LimitMEMLOCK=infinity in its systemd unit.',
  };
}

function clockFinding(machine: Machine): Finding {
  const id = 'clock';
  const source = machine.read(CLOCK_SOURCE);
  if (source === undefined) return { id, verdict: 'note', text: 'clock source: not known' };
  if (!SLOW_CLOCKS.includes(source)) return { id, verdict: 'ok', text: `clock source: ${source}` };
  const known = machine.read(CLOCK_SOURCE.replace('current', 'available'));
  const text = `clock source: ${source}, which is slow to read`;
  return {
    id,
    verdict: 'warning',
    text,
    remedy: `Choose a faster one of "${known}", e.g. clocksource=tsc on the kernel's command line.`,
  };
}

function ipv6Finding(machine: Machine): Finding {
  const id = 'ipv6';
  const value = machine.read('/proc/sys/net/ipv6/conf/all/disable_ipv6');
  if (value === '0') return { id, verdict: 'ok', text: 'IPv6: on' };
  const text = value === undefined ? 'IPv6: not in this kernel' : 'IPv6: switched off';
  return { id, verdict: 'note', text, remedy: 'For IPv6 virtual routers: sysctl -w net.ipv6.conf.all.disable_ipv6=0' };
}

function filterFinding(machine: Machine): Finding {
  const id = 'packet-filter';
  if (machine.hasCommand('nft')) return { id, verdict: 'ok', text: 'no_accept: nft is installed' };
  const text = 'no_accept: the program nft is not installed, so it would have no effect';
  return { id, verdict: 'note', text, remedy: 'Install the package nftables.' };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
}
