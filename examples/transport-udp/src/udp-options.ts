/**
 * The option block: who is spoken to, where to listen, and the secret. Everything is checked here, so that the rest can
 * rely on it; what is not known is refused.
 */
import { isIP } from 'node:net';
import { type PortOptions, TransportError } from '@locum/transport';

const STANDARD_PORT = 8112;
const LEAST_SECRET_CHARACTERS = 16;
const KNOWN = ['peers', 'group', 'bind', 'secret'];

export interface Endpoint {
  /** In digits: names are not looked up, since a router must not wait for a name server. */
  readonly address: string;
  readonly port: number;
}

export interface UdpOptions {
  readonly interfaceName: string;
  readonly family: 4 | 6;
  /** Where we listen. With a group the port is the group's, and an IPv4 address says on which interface. */
  readonly bind: Endpoint;
  /** Whom we send to: the peers, or the group. */
  readonly destinations: readonly Endpoint[];
  readonly isGroup: boolean;
  readonly secret: string;
}

/** Throws a {@link TransportError} with the code BAD_OPTION. */
export function readOptions({ interfaceName, extra = {} }: PortOptions): UdpOptions {
  const refuse = (message: string, hint: string): never => {
    throw new TransportError('BAD_OPTION', `${interfaceName}: ${message}`, { operation: 'open', interfaceName, hint });
  };
  const endpoint = (text: string): Endpoint =>
    readEndpoint(text) ??
    refuse(`'${text}' is not an address`, 'Write 192.0.2.1:8112 or [2001:db8::1]:8112; the port may be left out.');

  for (const name of Object.keys(extra)) {
    if (!KNOWN.includes(name)) refuse(`there is no option ${name}`, `The options are ${KNOWN.join(', ')}.`);
  }
  const { secret = '', peers, group } = extra;
  if (secret.length < LEAST_SECRET_CHARACTERS) {
    refuse(
      `the secret has ${secret.length} characters, at least ${LEAST_SECRET_CHARACTERS} are needed`,
      'Make one with: openssl rand -hex 32',
    );
  }
  if ((peers === undefined) === (group === undefined)) {
    refuse('exactly one of peers and group is needed', 'List the other routers in peers, or name a multicast group.');
  }
  const destinations = (peers ?? group)!
    .split(/[\s,]+/)
    .filter((text) => text !== '')
    .map(endpoint);
  const [first] = destinations;
  if (first === undefined || (group !== undefined && destinations.length > 1)) {
    refuse(`${group === undefined ? 'peers' : 'group'} is '${peers ?? group}'`, 'Name peers, or one group.');
  }
  const family = isIP(first!.address) as 4 | 6;
  const isGroup = group !== undefined;
  if (isGroup && !isMulticast(first!.address)) {
    refuse(`${first!.address} is not a multicast group`, 'Use a group such as 239.255.1.12:8112.');
  }
  const bind = endpoint(extra.bind ?? (family === 4 ? '0.0.0.0' : '[::]'));
  if ([bind, ...destinations].some(({ address }) => isIP(address) !== family)) {
    refuse('IPv4 and IPv6 addresses are mixed', 'Use one family for bind and all peers; VRRP inside may be either.');
  }
  return {
    interfaceName,
    family,
    isGroup,
    destinations,
    secret,
    bind: isGroup ? { ...bind, port: first!.port } : bind,
  };
}

function readEndpoint(text: string): Endpoint | undefined {
  const parts =
    /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([\d.]+)(?::(\d+))?$/.exec(text) ?? /^([\da-f:.]+)$/i.exec(text);
  const [, address = '', digits] = parts ?? [];
  const port = digits === undefined ? STANDARD_PORT : Number(digits);
  return isIP(address) !== 0 && port > 0 && port < 65_536 ? { address, port } : undefined;
}

function isMulticast(address: string): boolean {
  return isIP(address) === 6 ? /^ff/i.test(address) : /^2(?:2[4-9]|3\d)\./.test(address);
}
