// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the samples hold definitions
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatDiagnostic } from '../../src/configuration/diagnostic.ts';
import { brief, instance, load, MAIN, marked } from './sample.ts';

/** So many instances, each on the interface that `interfaceName` gives it. */
function many(interfaceName: (index: number) => string, count: number): string {
  const blocks = Array.from(
    { length: count },
    (_, index) =>
      `vrrp_instance I${index} {\n interface ${interfaceName(index)}\n virtual_router_id ${1 + Math.floor(index / 8)}\n no_virtual_ipaddress\n}\n`,
  );
  return blocks.join('');
}

/** Severity and code, then a text with a mark at the place that the diagnostic must have. */
const table: readonly (readonly [string, string])[] = [
  // The text layer
  ['error line-too-long', `# ${'x'.repeat(1022)}«x`],
  ['error nul-character', 'global_defs {«\0}'],
  ['error bad-condition', '«@ global_defs {\n}'],
  ['error unterminated-quote', 'global_defs {\n router_id «"abc\n}'],
  ['error unterminated-quote', "vrrp_script a {\n script /bin/x «'abc\n}"],
  ['error unexpected-close-brace', `${instance()} «}`],
  ['error unexpected-open-brace', 'global_defs {\n}\n«{\n}'],
  [
    'error missing-open-brace',
    'global_defs {\n}\nvrrp_instance VI_1 {\n interface eth0\n virtual_router_id 1\n «virtual_ipaddress\n 10.0.0.1\n }\n}',
  ],
  ['error missing-open-brace', '«vrrp_instance VI_1\n interface eth0\n virtual_router_id 1\n no_virtual_ipaddress\n}'],
  [
    'error missing-close-brace',
    `vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.2\n}\n«${instance()}`,
  ],
  [
    'error missing-close-brace',
    `vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.2\n«${instance()}`,
  ],
  ['error unclosed-block', 'global_defs «{\n router_id x'],
  ['error undefined-definition', 'global_defs {\n router_id «${NAME}\n}'],
  ['warning undefined-definition', 'global_defs {\n router_id «$NAME\n}'],
  ['warning definition-not-used', `$NAME=x\nglobal_defs {\n router_id «$NAME/y\n}`],
  ['error recursive-definition', '$A=$B\n$B=$A\nglobal_defs {\n router_id «$A\n}'],
  ['error definition-not-at-end', '$A= \\\nrouter_id x \\\nvrrp_no_swap\nglobal_defs {\n «$A y\n}'],
  ['error definition-too-long', `$A=${'x'.repeat(1000)}\n$B=${'${A}'.repeat(200)}\n«$B`],
  ['warning environment-not-set', 'global_defs {\n router_id x«${_ENV NAME}\n}'],
  ['error bad-random', 'global_defs {\n router_id «${_RANDOM 9 1}\n}'],
  ['error bad-sequence', 'global_defs {\n «~SEQ(i, 1, 0, 5) router_id $i\n}'],
  ['error bad-sequence', '«~SEQ(i, 1'],
  ['error bad-sequence', '«~LST({a,b}, {1,2,3}) $a'],
  ['error sequence-too-long', '«~SEQ(i, 1000000000) x'],
  ['error too-many-lines', '~SEQ(i, 1, 9000) ~SEQ(j, 1, 9000)«'],
  ['error nested-too-deep', '$A= \\\n\\\n«$A\n$A'],
  ['error missing-argument', '«include'],
  ['error include-loop', `include «${MAIN}`],
  ['warning include-not-read', 'include «none.conf'],
  ['error include-not-read', 'includer «none.conf'],
  ['notice include-no-match', 'include «*.none'],
  ['error include-no-match', 'includew «*.none'],
  ['error include-no-match', 'includem «*.none'],
  // Transports
  ['error unknown-transport', 'global_defs {\n transport «rwa\n}'],
  ['error unknown-transport', 'global_defs {\n transport «""\n}'],
  ['error missing-argument', instance('«transport')],
  ['error missing-argument', instance('transport ./x.js {\npeer 10.0.0.9\n«secret\n}')],
  ['error unknown-option', instance('transport raw {\n«ring_frame 64\n}')],
  ['error out-of-range', instance('transport raw {\nring_frames «4\n}')],
  ['error bad-word', instance('transport tap { mode «bridge }')],
  ['error unexpected-block', instance('transport tap {\n«device {\nlocum0\n}\n}')],
  ['error option-of-other-mode', instance('«transport tap { mode virtual-mac device locum0 }')],
  ['warning surplus-argument', instance('transport tap «mode port')],
  ['notice virtual-mac-in-userspace', instance('«use_vmac vrrp.51')],
  ['warning use-vmac-ignored', instance('transport raw\n«use_vmac')],
  ['warning use-vmac-ignored', instance('transport tap\n«use_vmac')],
  ['warning vmac-address', instance('transport "vendor"\nuse_vmac «02:00:00:00:00:01')],
  ['error bad-interface', instance('transport "vendor"\nuse_vmac vrrp.51 «vrrp.52')],
  ['warning vmac-xmit-base', instance('«vmac_xmit_base')],
  // Keywords
  ['error unknown-keyword', 'global_defs {\n «vrrp_versoin 3\n}'],
  ['error unknown-keyword', `«vrrp_instanse VI_1 {\n interface eth0\n foo bar\n}`],
  ['error misplaced-keyword', instance('«auth_pass x')],
  ['warning not-supported', instance('«use_ipvlan')],
  ['warning not-supported', instance('«track_interface {\n eth0 weight 5\n}')],
  ['warning not-supported', '«vrrp_sync_group G {\n group {\n  A\n  B\n }\n}'],
  ['warning not-supported', 'global_defs {\n «lvs_flush\n}'],
  [
    'notice load-balancer',
    '«virtual_server 10.0.0.1 80 {\n delay_loop 6\n real_server 10.0.0.2 80 {\n weight 1\n }\n}',
  ],
  ['warning repeated-keyword', instance('priority 5\n«priority 6')],
  ['warning repeated-keyword', instance('state BACKUP\n«state MASTER\npriority 9')],
  ['error missing-block', '«global_defs'],
  ['error unexpected-block', instance('«debug 1 {\n}')],
  ['error unexpected-block', instance('', '«10.0.0.1 {\n}')],
  ['error unexpected-block', instance('unicast_peer {\n«10.0.0.5 {\n}\n}')],
  ['error missing-argument', instance('«debug')],
  ['error missing-argument', instance('', '10.0.0.1 «dev')],
  ['error missing-argument', instance('unicast_peer {\n10.0.0.5 «min_ttl\n}')],
  ['error second-statement', instance('authentication { auth_type PASS «auth_pass x }')],
  ['error second-statement', instance('', '10.0.0.1 «10.0.0.2')],
  ['error second-statement', instance('unicast_peer {\n10.0.0.5 «10.0.0.6\n}')],
  ['warning surplus-argument', instance('nopreempt «please')],
  ['error bad-number', instance('garp_master_delay «1.5')],
  ['error bad-number', instance('debug «$D')],
  ['warning too-precise', `global_defs {\n vrrp_startup_delay «0.0000015\n}`],
  ['error bad-boolean', instance('lower_prio_no_advert «maybe')],
  ['warning bad-word', instance('state «master')],
  ['error bad-word', instance('version «4')],
  ['error out-of-range', 'vrrp_instance A {\n interface eth0\n virtual_router_id «0\n no_virtual_ipaddress\n}'],
  ['warning out-of-range', instance('priority «256')],
  ['warning out-of-range', instance('advert_int «0')],
  ['warning out-of-range', instance('advert_int «256')],
  ['warning out-of-range', instance('preempt_delay «1001')],
  ['warning out-of-range', 'global_defs {\n vrrp_rt_priority «100\n}'],
  // Global settings
  ['error bad-group', 'global_defs {\n vrrp_mcast_group4 «10.0.0.1\n}'],
  ['error bad-group', instance('mcast_dst_ip «10.0.0.1')],
  ['warning group-scope', 'global_defs {\n vrrp_mcast_group6 «ff05::12\n}'],
  ['error bad-namespace', 'net_namespace «a/b'],
  ['warning global-after-instance', `${instance()}global_defs {\n «vrrp_garp_master_delay 1\n}`],
  // Addresses and peers
  ['error bad-address', instance('', '«10.0.0.256')],
  ['error bad-address', instance('', '«224.0.0.1')],
  ['error bad-address', instance('mcast_src_ip «10.0.0')],
  ['error bad-address', instance('mcast_src_ip «0.0.0.0')],
  ['error bad-address', instance('unicast_peer {\n«10.0.0.5/24\n}')],
  ['error bad-address', instance('unicast_peer {\n«224.0.0.1\n}')],
  ['error bad-prefix', instance('', '«10.0.0.1/33')],
  ['error unknown-option', instance('', '10.0.0.1 «lable x')],
  ['error unknown-option', instance('unicast_peer {\n10.0.0.5 «min_tll 1\n}')],
  ['warning not-supported', instance('', '10.0.0.1 «use_vmac')],
  ['error bad-interface', instance('', '10.0.0.1 dev «averyveryverylong')],
  ['error bad-label', instance('', '10.0.0.1 label «averyveryverylong')],
  ['error bad-scope', instance('', '10.0.0.1 scope «256')],
  ['error bad-broadcast', instance('', '10.0.0.1 brd «x')],
  ['error bad-lifetime', instance('', 'fe80::1 preferred_lft «never')],
  ['error mixed-families', instance('', '10.0.0.1 peer «fe80::1')],
  ['error mixed-families', instance('', '10.0.0.1\n«fe80::1')],
  ['error mixed-families', instance('«native_ipv6')],
  ['error mixed-families', instance('unicast_peer {\n«fe80::2\n}')],
  ['warning ipv4-only', instance('', 'fe80::1 «scope link')],
  ['warning ipv6-only', instance('', '10.0.0.1 «-nodad')],
  ['warning duplicate-address', instance('', '10.0.0.1\n«10.0.0.1/32')],
  ['warning duplicate-peer', instance('unicast_peer {\n10.0.0.5\n«10.0.0.5\n}')],
  ['warning own-peer', instance('unicast_src_ip 10.0.0.5\nunicast_peer {\n10.0.0.6\n«10.0.0.5\n}')],
  ['error no-peers', instance('unicast_src_ip 10.0.0.5\n«unicast_peer {\n10.0.0.5\n}')],
  ['error no-peers', instance('«unicast_peer {\n}')],
  ['warning source-without-peers', instance('«unicast_src_ip 10.0.0.5')],
  ['warning group-with-peers', instance('«mcast_dst_ip 224.0.0.5\nunicast_peer {\n10.0.0.5\n}')],
  ['error bad-ttl', instance('unicast_peer {\n10.0.0.5 min_ttl «256\n}')],
  ['error bad-ttl', instance('unicast_peer {\n«10.0.0.5 min_ttl 9 max_ttl 8\n}')],
  // Instances
  ['error missing-interface', 'vrrp_instance «A {\n virtual_router_id 1\n no_virtual_ipaddress\n}'],
  ['error missing-vrid', 'vrrp_instance «A {\n interface eth0\n no_virtual_ipaddress\n}'],
  ['error bad-interface', 'vrrp_instance A {\n interface «a/b\n virtual_router_id 1\n no_virtual_ipaddress\n}'],
  ['error loopback', 'vrrp_instance A {\n interface «lo\n virtual_router_id 1\n no_virtual_ipaddress\n}'],
  ['warning no-address', 'vrrp_instance «A {\n interface eth0\n virtual_router_id 1\n}'],
  ['error no-address', 'vrrp_instance «A {\n interface eth0\n virtual_router_id 1\n version 3\n}'],
  ['error version-family', instance('version «2', 'fe80::1')],
  ['warning interval-rounded', instance('advert_int «0.5')],
  ['warning interval-rounded', instance('version 3\nadvert_int «41')],
  ['warning owner-by-default', instance('state «MASTER')],
  ['warning nopreempt-ignored', instance('state MASTER\npriority 9\n«nopreempt')],
  ['warning nopreempt-ignored', instance('priority 255\n«nopreempt')],
  ['warning preempt-delay-ignored', instance('nopreempt\n«preempt_delay 5')],
  // [V6-01]
  ['warning first-not-link-local', instance('', '«2001:db8::1')],
  ['warning too-many-addresses', instance('', `~SEQ(i, 1, 90) fe80::$i\n«fe80::f:1`)],
  ['error duplicate-instance', instance() + instance().replace('VI_1', '«VI_1')],
  ['error duplicate-vrid', instance() + instance('', '10.0.0.2').replace('VI_1', '«VI_2')],
  // More interfaces, and more instances, than there is room for.
  [
    'error too-many',
    `${many((index) => `lan${index}`, 256)}vrrp_instance «A {\n interface eth0\n virtual_router_id 1\n no_virtual_ipaddress\n}`,
  ],
  [
    'error too-many',
    `${many((index) => `lan${index % 8}`, 2040)}vrrp_instance «A {\n interface eth0\n virtual_router_id 1\n no_virtual_ipaddress\n}`,
  ],
  ['warning shared-address', instance() + instance().replace('VI_1', '«VI_2').replace('51', '52')],
  // Authentication
  // [V2-A-05]
  ['warning authentication-version', instance('version 3\n«authentication {\n auth_type PASS\n auth_pass x\n}')],
  // [V2-A-06]
  ['notice authentication-weak', instance('authentication {\n auth_type «PASS\n auth_pass x\n}')],
  ['warning authentication-incomplete', instance('«authentication {\n auth_type PASS\n}')],
  ['error bad-word', instance('authentication {\n auth_type «MD5\n auth_pass x\n}')],
  ['warning password-too-long', instance('authentication {\n auth_type PASS\n auth_pass «123456789\n}')],
  ['error password-not-ascii', instance('authentication {\n auth_type PASS\n auth_pass «pässe\n}')],
  ['warning state-with-ah', instance('state «MASTER\npriority 9\nauthentication {\n auth_type AH\n auth_pass x\n}')],
];

/** Diagnostics that come along because the sample is not a whole configuration. */
const ACCOMPANYING: Readonly<Record<string, readonly string[]>> = {
  'line-too-long': [],
  'bad-condition': ['unexpected-close-brace'],
  'unexpected-open-brace': [],
  'undefined-definition': ['bad-number'],
  'definition-not-at-end': ['surplus-argument', 'repeated-keyword', 'unknown-keyword'],
  'nul-character': ['unclosed-block', 'unexpected-close-brace'],
  'definition-too-long': ['unknown-keyword'],
  'no-peers': ['own-peer'],
};

for (const [expected, sample] of table) {
  const { text, place } = marked(sample);
  test(`${expected}: ${JSON.stringify(sample.length > 100 ? `${sample.slice(0, 100)}…` : sample)}`, () => {
    const { diagnostics, settings } = load(text);
    const code = expected.split(' ')[1]!;
    const found = diagnostics.filter((each) => each.code === code);
    assert.deepEqual(
      found.map(brief),
      [`${expected} ${place.line}:${place.column}`],
      diagnostics.map(brief).join('\n'),
    );
    assert.equal(found[0]!.place.file, place.file);
    assert.match(found[0]!.message, /[^.]$/);
    assert.match(found[0]!.remedy, /\.$|\?$|}$|\S$/);
    assert.equal(
      settings === undefined,
      diagnostics.some((each) => each.severity === 'error'),
    );
    if (expected.startsWith('error')) {
      const others = diagnostics.filter((each) => each.severity === 'error' && each.code !== code);
      const surprising = others.filter((each) => !ACCOMPANYING[code]?.includes(each.code));
      assert.deepEqual(surprising.map(brief), [], 'no further error follows from this one');
    }
  });
}

test('every code in the source is in the table', () => {
  const folder = fileURLToPath(new URL('../../../src/configuration', import.meta.url));
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const codes = new Set<string>();
  for (const name of sources) {
    const text = readFileSync(join(folder, name), 'utf8');
    const calls = /(?:\.(?:error|warning|notice)|\]|refuse|fail)\(\s*'([a-z0-9]+(?:-[a-z0-9]+)*)'/g;
    for (const match of text.matchAll(calls)) codes.add(match[1]!);
  }
  const tested = new Set(table.map(([expected]) => expected.split(' ')[1]!));
  tested.add('file-not-read');
  assert.ok(codes.size > 50);
  assert.deepEqual(
    [...codes].filter((code) => !tested.has(code)),
    [],
  );
});

test('a configuration that is not there is one error', () => {
  const { settings, diagnostics, sources } = load('', {
    files: { read: () => ({ kind: 'missing', reason: 'gone' }), list: () => [] },
  });
  assert.equal(settings, undefined);
  assert.deepEqual(diagnostics.map(brief), ['error file-not-read 1:1']);
  assert.deepEqual(sources, []);
});

test('a diagnostic shows the line with a caret below the place', () => {
  const { diagnostics } = load('global_defs {\n\tvrrp_versoin 3\n}\n');
  assert.equal(
    formatDiagnostic(diagnostics[0]!),
    [
      `${MAIN}:2:2: error: vrrp_versoin is not a keyword in global_defs`,
      '    \tvrrp_versoin 3',
      '    \t^',
      '  Did you mean vrrp_version?',
    ].join('\n'),
  );
});

test('no password is ever shown', () => {
  const samples = [
    'authentication { auth_type PASS auth_pass hunter2 }',
    'authentication {\n auth_type PASS\n auth_pass hunter2hunter2\n}',
    'authentication {\n auth_type PASS\n auth_pass $hunter2\n}',
    'authentication {\n auth_type PASS\n auth_pass hunter2 {\n}\n}',
    'auth_pass hunter2',
    'transport raw { secret hunter2 }',
  ];
  for (const sample of samples) {
    const shown = load(instance(sample)).diagnostics.map(formatDiagnostic).join('\n');
    assert.ok(!shown.includes('hunter2'), shown);
  }
});

test('suggestions', () => {
  const remedyOf = (text: string) => load(text).diagnostics[0]!.remedy;
  assert.equal(remedyOf(instance('prioritty 5')), 'Did you mean priority?');
  assert.equal(remedyOf(instance('Priority 5')), 'Did you mean priority?');
  assert.equal(remedyOf(instance('virtual_ipadress {\n10.0.0.1\n}')), 'Did you mean virtual_ipaddress?');
  assert.equal(remedyOf('vrrp_instnace A {\n}'), 'Did you mean vrrp_instance?');
  assert.match(load(instance('vrrp_version 3')).diagnostics[0]!.message, /belongs in global_defs$/);
  assert.match(load('priority 5').diagnostics[0]!.message, /belongs in vrrp_instance$/);
  assert.doesNotMatch(remedyOf(instance('xyzzy')), /mean/);
});

test('the diagnostics of two places name the other one', () => {
  const twice = instance() + instance('', '10.0.0.2').replace('VI_1', 'VI_2');
  const [found] = load(twice).diagnostics;
  assert.ok(found!.message.includes(`${MAIN}:1:15`), found!.message);
});
