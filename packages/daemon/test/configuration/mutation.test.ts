// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the samples hold definitions
import assert from 'node:assert/strict';
import test from 'node:test';
import { formatDiagnostic } from '../../src/configuration/diagnostic.ts';
import { instance, load, MAIN } from './sample.ts';

/** Whole configurations that use most of the language. */
const seeds: readonly string[] = [
  instance(
    'state BACKUP\npriority 90\nadvert_int 1\nauthentication {\nauth_type PASS\nauth_pass x\n}\nnopreempt\npreempt_delay 1',
    '10.0.0.1/24 dev eth1 brd + scope link label eth1:1\n10.0.0.2',
  ),
  `global_defs {\n router_id "a b" # c\n vrrp_version 3\n vrrp_garp_interval 0.1\n}\n@main include a.conf\n@^main include {a,b}*.conf\n${instance('unicast_peer {\n10.0.0.5 min_ttl 3\n}\nunicast_src_ip 10.0.0.6')}`,
  '$A=1\n$B= \\\n router_id ${A} \\\n @x y \\\n $C=${B}\nglobal_defs {\n $B\n}\n~SEQ(i, 1, 0x5) vrrp_instance VI_$i {\n interface eth$i\n}\n~LST({a,b}, {1,2}, {3,4}) x $a ${b}\n${_RANDOM 1 5} ${_ENV X} ${_PWD}',
  `${instance('notify_master "/x \'y\' {"\ntrack_script {\n a weight 5\n}', 'fe80::1/64 -nodad\n2001:db8::1 preferred_lft 5')}virtual_server 1.2.3.4 80 {\n a {\n b\n }\n}\n`,
];

const others = {
  '/etc/keepalived/a.conf': 'include keepalived.conf\n$A=2\n',
  '/etc/keepalived/b.conf': 'vrrp_script x {\n script "a\n',
};

const pieces = [
  ...[
    '{',
    '}',
    '"',
    "'",
    '#',
    '!',
    '\\',
    '\n',
    ' ',
    '$',
    '${',
    '$A',
    '${A}',
    '@',
    '@main ',
    '~SEQ(',
    '~SEQ(i, 1, 99999999999) ',
  ],
  ...[
    '~LST(',
    ')',
    ',',
    '=',
    '$A=$A',
    '\n$A= \\\n $A \\\n $A\n',
    'include ',
    'include *',
    '\0',
    '\u00e9',
    '\ud800',
    '-1',
    '1e9',
    '0.0',
  ],
  ...[
    '999999999999999999999',
    'vrrp_instance ',
    'global_defs {',
    '/',
    '::',
    '__proto__',
    'constructor',
    '${constructor}',
    '\r',
    '\t',
  ],
];

/** A small generator of pseudo-random numbers, so that a failure can be repeated. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function mutate(text: string, random: (limit: number) => number): string {
  let mutated = text;
  for (let count = 1 + random(6); count > 0; count--) {
    const at = random(mutated.length + 1);
    const length = random(12);
    const kind = random(4);
    if (kind === 0) mutated = mutated.slice(0, at) + mutated.slice(at + length);
    else if (kind === 1) mutated = mutated.slice(0, at) + pieces[random(pieces.length)] + mutated.slice(at);
    else if (kind === 2) mutated = mutated.slice(0, at) + String.fromCharCode(random(256)) + mutated.slice(at + 1);
    else mutated = mutated.slice(0, at) + mutated.slice(random(mutated.length), at + length) + mutated.slice(at);
  }
  return mutated;
}

function check(text: string, name: string): void {
  const { settings, diagnostics, sources } = load(text, {}, others);
  const lines = new Map(
    [...Object.entries(others), [MAIN, text] as const].map(([file, whole]) => [file, whole.split('\n')]),
  );
  assert.equal(
    settings === undefined,
    diagnostics.some((each) => each.severity === 'error'),
    name,
  );
  assert.equal(sources[0], MAIN);
  for (const diagnostic of diagnostics) {
    const { file, line, column } = diagnostic.place;
    const whole = lines.get(file)?.[line - 1];
    assert.ok(whole !== undefined || line === 1, `${name}: ${diagnostic.code} is on no line`);
    assert.ok(column >= 1 && column <= (whole ?? '').length + 2, `${name}: ${diagnostic.code} is in no column`);
    assert.ok(formatDiagnostic(diagnostic).length > 0);
  }
  for (const { router, addresses } of settings?.instances ?? []) {
    assert.ok(router.vrid >= 1 && router.vrid <= 255, name);
    assert.ok(router.priority >= 1 && router.priority <= 255, name);
    assert.ok(router.advertisementIntervalUs >= 10_000, name);
    assert.ok(
      router.addresses.every((each) => each.length === (router.family === 4 ? 4 : 16)),
      name,
    );
    assert.equal(addresses.length, router.addresses.length + router.unadvertisedAddresses.length, name);
  }
}

test('no text makes the reader throw or run on', () => {
  for (const [index, seed] of seeds.entries()) {
    check(seed, `seed ${index}`);
    for (let round = 0; round < 250; round++)
      check(mutate(seed, generator(index * 100_000 + round)), `seed ${index} round ${round}`);
  }
});

test('any octets are text', () => {
  for (let round = 0; round < 100; round++) {
    const random = generator(round);
    const text = Array.from({ length: random(400) }, () => String.fromCharCode(random(256))).join('');
    check(text, `octets ${round}`);
  }
});

test('texts that would grow without end are stopped', () => {
  const samples = [
    `$A=x\n${Array.from({ length: 40 }, (_, index) => `$A${index + 1}=\${A${index || ''}}\${A${index || ''}}`).join('\n')}\na \${A40}`,
    '$A= \\\n $A \\\n $A\n$A',
    '$A= \\\n $B \\\n $B\n$B= \\\n $A \\\n $A\n$A',
    '~SEQ(i, 1, 9999) ~SEQ(j, 1, 9999) ~SEQ(k, 1, 9999) a $i $j $k',
    '~SEQ(i, -9007199254740991, 9007199254740991) a',
    `include {a,b}${'{a,b}'.repeat(100)}`,
    `a ${'{'.repeat(1000)}`,
    `${'a {\n'.repeat(20_000)}`,
    `${'vrrp_instance '.repeat(60)}{`,
    `$A=${'${A}'.repeat(200)}\n$A`,
  ];
  for (const sample of samples) {
    const { settings, diagnostics } = load(sample, {}, others);
    assert.equal(settings === undefined, !sample.startsWith('include'), sample.slice(0, 50));
    assert.ok(diagnostics.length > 0 && diagnostics.length <= 1001);
  }
});

test('more diagnostics than anybody reads are counted', () => {
  const { diagnostics } = load(Array.from({ length: 1500 }, (_, index) => `word${index}`).join('\n'));
  assert.equal(diagnostics.length, 1001);
  assert.match(diagnostics.at(-1)!.message, /^500 more/);
});
