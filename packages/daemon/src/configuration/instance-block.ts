/**
 * The statements of one `vrrp_instance`, read but not yet judged as a whole.
 */
import type { Family } from '@locum/protocol';
import { familyOf } from './address.ts';
import type { Argument } from './argument.ts';
import { Given, readBlock } from './block.ts';
import { type DiagnosticList, formatPlace, type SourcePlace } from './diagnostic.ts';
import type { KeywordRow } from './keywords/row.ts';
import type { TransportSettings } from './settings.ts';
import type { Token } from './text/token.ts';
import type { Statement } from './text/tree.ts';
import { readTransport } from './transport.ts';
import { type PeerLine, readPeerLine } from './unicast-peer.ts';
import { type AddressLine, readAddressLine } from './virtual-address.ts';

export interface InstanceBlock {
  readonly name: Token;
  readonly given: Given;
  /** The one that the instance names itself. */
  readonly transport: TransportSettings | undefined;
  readonly authentication: Given | undefined;
  /** Where `authentication` stands. */
  readonly authenticationPlace: SourcePlace;
  readonly advertised: readonly AddressLine[];
  readonly excluded: readonly AddressLine[];
  readonly peers: readonly PeerLine[];
  /** Where `unicast_peer` stands, if it does. */
  readonly peersPlace: SourcePlace | undefined;
  /** A line of addresses or peers could not be used, and has been reported. */
  readonly hasBadLine: boolean;
  /** 4 if nothing shows it. */
  readonly family: Family;
}

interface Draft {
  transport: TransportSettings | undefined;
  authentication: Given | undefined;
  authenticationPlace: SourcePlace;
  peersPlace: SourcePlace | undefined;
  hasBadLine: boolean;
  readonly advertised: AddressLine[];
  readonly excluded: AddressLine[];
  readonly peers: PeerLine[];
  /** What first showed the family. */
  evidence: { family: Family; place: SourcePlace } | undefined;
}

/** Single addresses that show the family of the instance. */
const SHOWS_FAMILY: readonly string[] = ['mcast_src_ip', 'unicast_src_ip', 'mcast_dst_ip'];

/** Reads the block after `vrrp_instance NAME`. */
export function readInstanceBlock(
  name: Token,
  statements: readonly Statement[],
  diagnostics: DiagnosticList,
): InstanceBlock {
  const draft: Draft = {
    transport: undefined,
    authentication: undefined,
    authenticationPlace: name.place,
    peersPlace: undefined,
    hasBadLine: false,
    advertised: [],
    excluded: [],
    peers: [],
    evidence: undefined,
  };
  const given = readBlock('vrrp_instance', statements, diagnostics, (row, argument) =>
    readKeyword(row, argument, draft, diagnostics),
  );
  return { ...draft, name, given, family: draft.evidence?.family ?? 4 };
}

function readKeyword(row: KeywordRow, argument: Argument, draft: Draft, diagnostics: DiagnosticList): void {
  const { place } = argument.keyword;
  switch (row.name) {
    case 'virtual_ipaddress':
      readLines(
        argument,
        (statement) => {
          const line = readAddressLine(statement, true, diagnostics);
          if (line !== undefined && showsFamily(line.family, line.place, draft, diagnostics))
            draft.advertised.push(line);
          return line;
        },
        draft,
      );
      break;
    case 'virtual_ipaddress_excluded':
      readLines(
        argument,
        (statement) => {
          const line = readAddressLine(statement, false, diagnostics);
          if (line !== undefined) draft.excluded.push(line);
          return line;
        },
        draft,
      );
      break;
    case 'unicast_peer':
      draft.peersPlace ??= place;
      readLines(
        argument,
        (statement) => {
          const line = readPeerLine(statement, diagnostics);
          if (line !== undefined && showsFamily(line.family, line.place, draft, diagnostics)) draft.peers.push(line);
          return line;
        },
        draft,
      );
      break;
    case 'transport':
      draft.transport = readTransport(argument, diagnostics);
      break;
    case 'authentication':
      draft.authentication ??= new Given();
      draft.authentication.merge(readBlock('authentication', argument.block, diagnostics));
      draft.authenticationPlace = place;
      break;
    case 'native_ipv6':
      showsFamily(6, place, draft, diagnostics);
      break;
    default:
      if (SHOWS_FAMILY.includes(row.name)) showsFamily(familyOf(argument.octets), argument.place, draft, diagnostics);
  }
}

function readLines(argument: Argument, readLine: (statement: Statement) => unknown, draft: Draft): void {
  for (const statement of argument.block) {
    if (readLine(statement) === undefined) draft.hasBadLine = true;
  }
}

/** The first address decides the family; true if this one agrees. */
function showsFamily(family: Family, place: SourcePlace, draft: Draft, diagnostics: DiagnosticList): boolean {
  draft.evidence ??= { family, place };
  if (draft.evidence.family === family) return true;
  diagnostics.error(
    'mixed-families',
    place,
    `this is IPv${family}, but the instance is IPv${draft.evidence.family} (${formatPlace(draft.evidence.place)})`,
    'Move it to virtual_ipaddress_excluded or to another instance: an advert lists addresses of one family.',
  );
  draft.hasBadLine = true;
  return false;
}
