/**
 * The options of `locum decode`: their help, their ranges, and the receiver that they describe.
 */
import { hostname } from 'node:os';
import { type Authentication, type ChecksumForm, type PortProfile, parseAddress } from '@locum/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatDiagnostic } from '../../configuration/diagnostic.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { DEFAULT_CONTEXT, type DecodeContext, portOfContext, portOfRouters } from './decode-context.ts';
import type { HexLink } from './hex-frame.ts';

/** What commander hands over, by the option names below. */
export interface DecodeOptions {
  readonly json?: boolean;
  readonly hex?: string;
  readonly link: HexLink | 'auto';
  readonly src?: Uint8Array;
  readonly dst?: Uint8Array;
  readonly ttl?: number;
  readonly vrid?: DecodeContext['vrids'];
  readonly versions?: DecodeContext['versions'];
  readonly authPass?: Uint8Array;
  readonly authAh?: Uint8Array;
  readonly ahRfc2402?: boolean;
  readonly ahLastSeq?: number;
  readonly v2Interval?: number;
  readonly v3Interval?: number;
  readonly checksum?: ChecksumForm | 'either';
  readonly priority?: number;
  readonly ownerPolicy?: DecodeContext['ownerPolicy'];
  readonly addresses?: readonly Uint8Array[];
  readonly unicastPeer?: readonly Uint8Array[];
  readonly unicastMinTtl?: number;
  readonly local?: readonly Uint8Array[];
  /** False with --no-exact-length. */
  readonly exactLength: boolean;
  readonly config?: string;
  readonly interface?: string;
}

function integer(smallest: number, largest: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= smallest && value <= largest) return value;
    throw new InvalidArgumentError(`Write a whole number from ${smallest} to ${largest}.`);
  };
}

function address(text: string): Uint8Array {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new InvalidArgumentError(`"${text}" is no IPv4 or IPv6 address.`);
  return parsed;
}

function addressList(text: string): Uint8Array[] {
  return text === '' ? [] : text.split(',').map((part) => address(part.trim()));
}

function moreAddresses(text: string, before: readonly Uint8Array[] | undefined): Uint8Array[] {
  return [...(before ?? []), ...addressList(text)];
}

function vrids(text: string): DecodeContext['vrids'] {
  return text === 'any' ? 'any' : text.split(',').map(integer(1, 255));
}

function versions(text: string): (2 | 3)[] {
  return text.split(',').map((part) => {
    if (part !== '2' && part !== '3') throw new InvalidArgumentError('Write 2, 3 or 2,3.');
    return part === '2' ? 2 : 3;
  });
}

/** 8 octets: longer keys are cut, shorter ones filled with zeroes. */
function key(text: string): Uint8Array {
  const octets = new Uint8Array(8);
  octets.set(Buffer.from(text).subarray(0, 8));
  return octets;
}

/** The options that describe the receiver, in the order of the help. */
function receiverOptions(): Option[] {
  return [
    new Option('--vrid <list>', 'VRIDs that are configured, or any; default 1').argParser(vrids),
    new Option('--versions <list>', 'VRRP versions that are configured; default 2,3').argParser(versions),
    new Option('--auth-pass <password>', 'v2: simple password').argParser(key).conflicts('authAh'),
    new Option('--auth-ah <key>', 'v2: authentication header (AH)').argParser(key),
    new Option('--ah-rfc2402', 'AH: the TTL is not signed, as in RFC 2402; keepalived signs it'),
    new Option('--ah-last-seq <n>', 'AH: sequences up to this one are replays; default 0').argParser(
      integer(0, 0xffffffff),
    ),
    new Option('--v2-interval <seconds>', 'v2: own interval, which adverts must have; default 1').argParser(
      integer(1, 255),
    ),
    new Option('--v3-interval <centiseconds>', 'v3: own interval, others are warned about; default 100').argParser(
      integer(1, 4095),
    ),
    new Option(
      '--checksum <form>',
      'v3 over IPv4: what the checksum covers: message (RFC 9568), pseudo-header (keepalived), or either; default either',
    ).choices(['either', 'message', 'pseudo-header']),
    new Option('--priority <n>', 'own priority; 255 is the address owner; default 100').argParser(integer(1, 255)),
    new Option('--owner-policy <policy>', 'what a v3 owner does with adverts; default process').choices([
      'process',
      'discard',
    ]),
    new Option('--addresses <list>', 'own virtual addresses; without it the list is not compared').argParser(
      addressList,
    ),
    new Option('--unicast-peer <address>', 'accept unicast adverts of this peer only; may be repeated').argParser(
      moreAddresses,
    ),
    new Option('--unicast-min-ttl <n>', 'smallest TTL of unicast adverts; default 255').argParser(integer(0, 255)),
    new Option(
      '--local <address>',
      'own address, may be repeated; default 192.0.2.2 and fe80::2. Adverts from it are our own, unicast goes to it',
    ).argParser(moreAddresses),
    new Option('--no-exact-length', 'tolerate octets behind the message'),
  ];
}

export function addDecodeOptions(command: Command): Command {
  command
    .option('--json', 'one line of JSON for each advert and announcement')
    .option('--hex <digits>', 'decode one frame given as hex digits; - reads one frame a line from standard input')
    .addOption(
      new Option('--link <kind>', 'what the hex digits are')
        .choices(['auto', 'ethernet', 'ip', 'vrrp'])
        .default('auto'),
    )
    .addOption(new Option('--src <address>', 'vrrp: source; default 192.0.2.1 or fe80::1').argParser(address))
    .addOption(new Option('--dst <address>', 'vrrp: destination; default 224.0.0.18 or ff02::12').argParser(address))
    .addOption(new Option('--ttl <n>', 'vrrp: TTL or hop limit; default 255').argParser(integer(0, 255)));
  const receiver = receiverOptions();
  command.addOption(
    new Option(
      '--config <file>',
      'judge for the routers of this keepalived.conf instead of the options below',
    ).conflicts(
      receiver.map((option) => option.attributeName()).filter((name) => name !== 'local' && name !== 'exactLength'),
    ),
  );
  command.addOption(new Option('--interface <name>', 'with --config: only routers on this interface'));
  for (const option of receiver) command.addOption(option);
  return command;
}

/** The receiver that the options describe, or why there is none, for the operator. */
export function portOfOptions(options: DecodeOptions): PortProfile | string {
  if (options.config !== undefined) return portOfConfiguration(options.config, options);
  const initial = DEFAULT_CONTEXT;
  return portOfContext({
    vrids: options.vrid ?? initial.vrids,
    versions: options.versions ?? initial.versions,
    authentication: authenticationOf(options),
    ahIcvCoversTtl: options.ahRfc2402 !== true,
    lastAhSequence: options.ahLastSeq ?? initial.lastAhSequence,
    v2IntervalSeconds: options.v2Interval ?? initial.v2IntervalSeconds,
    v3IntervalCentiseconds: options.v3Interval ?? initial.v3IntervalCentiseconds,
    checksum: options.checksum ?? initial.checksum,
    priority: options.priority ?? initial.priority,
    ownerPolicy: options.ownerPolicy ?? initial.ownerPolicy,
    exactLength: options.exactLength,
    addresses: options.addresses,
    unicastPeers: options.unicastPeer ?? initial.unicastPeers,
    unicastMinTtl: options.unicastMinTtl ?? initial.unicastMinTtl,
    localAddresses: options.local ?? initial.localAddresses,
  });
}

function authenticationOf({ authPass, authAh }: DecodeOptions): Authentication {
  if (authPass !== undefined) return { type: 'pass', key: authPass };
  return authAh === undefined ? { type: 'none' } : { type: 'ah', key: authAh };
}

function portOfConfiguration(file: string, options: DecodeOptions): PortProfile | string {
  const { settings, diagnostics } = loadConfiguration(file, { configId: hostname().replace(/\..*$/, '') });
  if (settings === undefined) {
    return diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(formatDiagnostic)
      .join('\n');
  }
  const instances = settings.instances.filter(
    ({ interfaceName }) => options.interface === undefined || options.interface === interfaceName,
  );
  if (instances.length === 0) return `${file} has no vrrp_instance on ${options.interface ?? 'any interface'}`;
  return portOfRouters(
    instances.map(({ router }) => router),
    options.local ?? [],
  );
}
