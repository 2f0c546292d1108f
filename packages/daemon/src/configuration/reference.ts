/**
 * Writes the keyword tables as a page of documentation.
 */

import { rangeText } from './argument.ts';
import type { BlockName, KeywordRow, ValueSpec } from './keywords/row.ts';
import { allKeywords } from './keywords/table.ts';

const TITLES: Readonly<Record<BlockName, string>> = {
  root: 'Outside all blocks',
  global_defs: '`global_defs { … }`',
  vrrp_instance: '`vrrp_instance NAME { … }`',
  authentication: '`authentication { … }` in `vrrp_instance`',
  'address-option': 'After an address in `virtual_ipaddress` and `virtual_ipaddress_excluded`',
  'peer-option': 'After an address in `unicast_peer`',
  auth_hmac: '`auth_hmac { … }` in `vrrp_instance`',
  vrrp_sync_group: '`vrrp_sync_group NAME { … }`',
  track_group: '`track_group NAME { … }`',
  garp_group: '`garp_group { … }`',
  vrrp_script: '`vrrp_script NAME { … }`',
  vrrp_track_process: '`vrrp_track_process NAME { … }`',
  track_file: '`track_file NAME { … }`',
  vrrp_track_file: '`vrrp_track_file NAME { … }`',
  bfd_instance: '`bfd_instance NAME { … }`',
  'tracker-option': 'After the name of a tracker',
  'route-option': 'In a route',
  'rule-option': 'In a rule',
  'raw-option': 'In `transport raw { … }`',
  'pcap-option': 'In `transport pcap { … }`',
  'tap-option': 'In `transport tap { … }`',
};

const INTRODUCTION = `# Configuration

Locum reads keepalived's configuration file. This page lists every keyword that it knows. It is generated from the tables
that the reader itself uses.

A keyword that is **supported** does what its line says. One that is *not supported* is known, gives a warning and has
no effect. An unknown one is an error. \`locum check FILE\` tells all of this without starting anything.

A number outside its range is an error unless the range says what is used instead. \`[on|off]\` also takes \`true\`, \`false\`,
\`yes\` and \`no\`; without an argument it means on.
`;

/** The reference page in Markdown, ending with a newline. */
export function renderReference(): string {
  const sections = (Object.keys(TITLES) as BlockName[]).map((block) =>
    renderBlock(
      TITLES[block],
      allKeywords.filter((row) => row.block === block),
    ),
  );
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}

function renderBlock(title: string, rows: readonly KeywordRow[]): string {
  const supported = rows.filter((row) => row.status === 'supported');
  const others = rows.filter((row) => row.status === 'not-supported').map((row) => `\`${row.name}\``);
  const ignored = rows.filter((row) => row.status === 'ignored').map((row) => `\`${row.name}\``);
  const parts = [`## ${title}\n`];
  if (supported.length > 0) {
    parts.push('| Keyword | Argument | Default | Meaning |', '|---|---|---|---|', ...supported.map(renderRow), '');
  }
  if (others.length > 0) parts.push(`Not supported: ${others.join(', ')}.\n`);
  if (ignored.length > 0) parts.push(`Of keepalived's load balancer, not supported: ${ignored.join(', ')}.\n`);
  return parts.join('\n');
}

function renderRow(row: KeywordRow): string {
  const cells = [`\`${row.name}\``, argumentText(row.value), row.default ?? '', row.help];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function argumentText(value: ValueSpec): string {
  switch (value.kind) {
    case 'flag':
      return '';
    case 'boolean':
      return '`[on|off]`';
    case 'integer':
    case 'decimal': {
      const otherwise =
        value.outside === 'error' ? '' : value.outside === 'clamp' ? ', else the nearest' : `, else ${value.outside}`;
      return `${rangeText(value)}${otherwise}`;
    }
    case 'word':
      return `\`${value.name}\``;
    case 'choice':
      return value.choices.map((choice) => `\`${choice}\``).join(' or ');
    case 'address':
      return '`ADDRESS`';
    case 'block':
      return value.title === undefined ? '`{ … }`' : `\`${value.title} { … }\``;
    case 'transport':
      return '`NAME [{ OPTION VALUE … }]`';
    case 'list':
    case 'words':
      return `\`{ ${value.entry} … }\``;
    default:
      return `\`${value.syntax}\``;
  }
}
