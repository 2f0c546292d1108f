// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the samples hold definitions
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { DiagnosticList } from '../../src/configuration/diagnostic.ts';
import { configurationGrammar } from '../../src/configuration/grammar.ts';
import { type LoadOptions, loadConfiguration } from '../../src/configuration/load.ts';
import { braceAlternatives, matchesWildcard } from '../../src/configuration/text/include-pattern.ts';
import { Reader } from '../../src/configuration/text/reader.ts';
import { SourceCollection } from '../../src/configuration/text/source.ts';
import { buildTree, type Statement } from '../../src/configuration/text/tree.ts';
import { brief, instance, load, MAIN, memoryFiles, settingsOf } from './sample.ts';

/** The tree of a text as nested arrays of words. */
function treeOf(text: string, others: Record<string, string> = {}, options: Partial<LoadOptions> = {}): unknown[] {
  const files = memoryFiles({ ...others, [MAIN]: text });
  const sources = new SourceCollection(files);
  const diagnostics = new DiagnosticList();
  const reader = new Reader(sources, diagnostics, {
    configId: 'main',
    environment: { HOME: '/root' },
    random: () => 0.5,
    strictIncludes: false,
    files,
    ...options,
  });
  const tree = buildTree(reader.read(MAIN), configurationGrammar, diagnostics);
  const shape = ({ words, block }: Statement): unknown => {
    const texts = words.map((word) => word.text);
    return block === undefined ? texts.join('|') : [texts.join('|'), ...block.map(shape)];
  };
  return tree.map(shape);
}

const trees: readonly (readonly [string, string, readonly unknown[]])[] = [
  ['blanks separate', '  a \t b  c ', ['a|b|c']],
  ['carriage returns are stripped', 'a\r\nb\r\n', ['a', 'b']],
  ['a byte order mark is stripped', '\ufeffa', ['a']],
  ['comments', 'a b # c\n! d\ne!f\ng#h', ['a|b', 'e', 'g']],
  ['comments and quotes', 'a "b # c" # "d', ['a|b # c']],
  ['single quotes do not protect', "a 'b # c'", ["a|'b"]],
  ['escaped comment signs', 'a b\\#c\\!d', ['a|b#c!d']],
  ['a quote does not join', 'a"b c"d', ['a|b c|d']],
  ['empty quotes', 'a "" b', ['a||b']],
  ['braces end words', 'a{b}c', [['a', 'b'], 'c']],
  ['braces in quotes', 'a "{" "}"', ['a|{|}']],
  ['a brace in the next line', 'a b\n\n{\nc\n}', [['a|b', 'c']]],
  ['a block on one line', 'a { b { c } d e }', [['a', ['b', 'c'], 'd|e']]],
  ['command lines', 'notify_master "/x y" \'a # b {\' c"d e"f', ['notify_master|/x y|a']],
  ['command lines group by both quotes', 'script "/x y"z\'a b\' {c}', ['script|/x yza b|{c}']],
  ['a command line in a block on one line', 'a { script /x {y} }', [['a', 'script|/x|{y}']]],
  ['conditions', '@main a\n@other b\n@^main c\n@^other d', ['a', 'd']],
  ['conditions may stand before braces', '@main a {\n@main b\n@other c\n@main }', [['a', 'b']]],
  ['definitions', '$A=x y\nb $A\nb ${A}z\nb "$A"', ['b|x|y', 'b|x|yz', 'b|$A']],
  ['definitions are expanded late', '$A=$B\n$B=1\na $A\n$B=2\na $A', ['a|1', 'a|2']],
  ['definitions may be empty', '$A=\na ${A}b $A', ['a|b']],
  ['leading blanks of definitions', '$A=   x\na $A', ['a|x']],
  ['a bare name ends before a blank, a comma or a parenthesis', '$A=1\na $A, $A) $A. $Ab', ['a|1,|1)|$A.|$Ab']],
  ['definitions of several lines', '$A= \\\n  b c \\\n  d { \\\n e \\\n }\na {\n$A\n}', [['a', 'b|c', ['d', 'e']]]],
  ['definitions of several lines end the line', '$A=b \\\nc\na $A', ['a|b', 'c']],
  ['definitions hold definitions', '$A= \\\n $B=2 \\\n @other x \\\n @main y $B\n$A', ['y|2']],
  ['a condition drops all lines of a definition', '@other $A= \\\n b \\\n c\nd', ['d']],
  ['a comment does not end a definition', '$A= \\\n b \\\n # nothing\n c\n$A', ['b', 'c']],
  ['predefined names', 'a ${_PWD} ${_INSTANCE} ${_HASH}x ${_BANG} ${_ENV HOME}', ['a|/etc/keepalived|main|#x|!|/root']],
  ['random numbers', 'a ${_RANDOM} ${_RANDOM 10} ${_RANDOM 5 7}', ['a|16384|16389|6']],
  ['own definitions win over predefined ones', '$_PWD=x\na ${_PWD}', ['a|x']],
  ['sequences', '~SEQ(i, 3) a $i', ['a|1', 'a|2', 'a|3']],
  ['sequences from a number', '~SEQ(i, 2, 3) a$i ${i}b', ['a2|2b', 'a3|3b']],
  ['sequences with a step', '~SEQ(i, 1, 2, 6) $i', ['1', '3', '5']],
  ['sequences downwards', '~SEQ(i, 2, 1) $i\n~SEQ(i, -2) $i', ['2', '1', '-1', '-2']],
  ['sequences in hexadecimal', '~SEQx(i, 0x9, 11) a $i', ['a|9', 'a|a', 'a|b']],
  ['sequences nest', '~SEQ(i, 1, 2) ~SEQ(j, $i, 2) $i $j', ['1|1', '1|2', '2|2']],
  ['sequences take definitions', '$N=2\n~SEQ(i, $N) $i', ['1', '2']],
  ['sequences may define', '~SEQ(i, 2) $A=$i\na $A', ['a|2']],
  [
    'sequences of blocks',
    '~SEQ(i, 2) a${i} { b ${i} }',
    [
      ['a1', 'b|1'],
      ['a2', 'b|2'],
    ],
  ],
  ['lists', '~LST(x, p, q r) a $x', ['a|p', 'a|q|r']],
  ['lists of groups', '~LST({x,y}, {1,2}, {3}) a $x $y b', ['a|1|2|b', 'a|3|b']],
  ['loop variables stay', '~SEQ(i, 2) a\nb $i', ['a', 'a', 'b|2']],
  ['unused text stays', 'a b$c $ $1 {', [['a|b$c|$|$1']]],
];

for (const [title, text, expected] of trees) {
  test(title, () => assert.deepEqual(treeOf(text), expected));
}

const includes: Record<string, string> = {
  '/etc/keepalived/one.conf': 'one',
  '/etc/keepalived/d/b.conf': 'b\ninclude c.inc',
  '/etc/keepalived/d/a.conf': 'a ${_PWD}',
  '/etc/keepalived/d/c.inc': 'c',
  '/etc/keepalived/d/.hidden.conf': 'hidden',
  '/etc/keepalived/d/run.conf': '!executable',
  '/srv/x1/k.conf': 'x1',
  '/srv/x2/k.conf': 'x2',
};

const included: readonly (readonly [string, readonly unknown[]])[] = [
  ['include one.conf', ['one']],
  ['include "one.conf"', ['one']],
  ['a {\ninclude one.conf\n}', [['a', 'one']]],
  ['$F=one\ninclude ${F}.conf', ['one']],
  ['include d/*.conf', ['a|/etc/keepalived/d', 'b', 'c']],
  ['include d/[^b].conf', ['a|/etc/keepalived/d']],
  ['include d/?.inc', ['c']],
  ['include /srv/x{1,2}/k.conf', ['x1', 'x2']],
  ['include /srv/*/k.conf', ['x1', 'x2']],
  ['include {one,none}.conf', ['one']],
  ['includer one.conf', ['one']],
  ['@other include one.conf', []],
  ['includes one.conf', ['includes|one.conf']],
];

for (const [text, expected] of included) {
  test(text, () => {
    // A brace pattern is a pattern, not a block.
    assert.deepEqual(treeOf(text, includes), expected);
  });
}

test('what an include demands', () => {
  const table: readonly (readonly [string, boolean, boolean])[] = [
    // Text; whether it is refused; whether it is with strict includes
    ['include none.conf', false, true],
    ['includer none.conf', true, true],
    ['include *.none', false, true],
    ['includer *.none', false, false],
    ['includem *.none', true, true],
    ['includem {one.conf,*.none}', false, false],
    ['includew *.none', true, true],
    ['includeb {*.none,*.conf}', true, true],
    ['includea *.none', true, true],
    ['include d/run.conf', false, true],
  ];
  const quiet = { '/etc/keepalived/one.conf': '', '/etc/keepalived/d/run.conf': '!executable' };
  for (const [text, isRefused, isRefusedStrictly] of table) {
    assert.equal(load(text, {}, quiet).settings === undefined, isRefused, text);
    assert.equal(load(text, { strictIncludes: true }, quiet).settings === undefined, isRefusedStrictly, text);
  }
});

test('a diagnostic points into the included file, and the sources are in order of use', () => {
  const { diagnostics, sources } = load(
    `${instance()}include d/x.conf\nfoo`,
    {},
    {
      '/etc/keepalived/d/x.conf': '# one\n  bar baz\n',
    },
  );
  assert.deepEqual(sources, [MAIN, '/etc/keepalived/d/x.conf']);
  assert.deepEqual(
    diagnostics.map((each) => `${each.place.file} ${brief(each)}`),
    [`${MAIN} error unknown-keyword 10:1`, '/etc/keepalived/d/x.conf error unknown-keyword 2:3'],
  );
});

test('a diagnostic of text from a definition points at its use, or into its line if it has several', () => {
  const { diagnostics } = load(`$P=999x\n$BAD= \\\n debug x \\\n accept\n${instance('  priority $P\n $BAD')}`);
  assert.deepEqual(diagnostics.map(brief), ['error bad-number 3:8', 'error bad-number 11:12']);
});

test('a file may be included twice', () => {
  assert.deepEqual(treeOf('include one.conf\ninclude one.conf', includes), ['one', 'one']);
});

test('wildcards', () => {
  const yes = [
    'a:a',
    'abc:a*',
    'abc:*c',
    'abc:*',
    ':*',
    'abc:a?c',
    'b:[a-c]',
    'd:[!a-c]',
    ']:[]]',
    '-:[a-]',
    'a*b:a[*]b',
  ];
  const no = ['a:b', 'abc:a', 'ab:a?c', 'd:[a-c]', 'b:[^a-c]', ':?', 'aaab:a*c'];
  for (const pair of yes)
    assert.equal(matchesWildcard(pair.split(':')[0]!, pair.slice(pair.indexOf(':') + 1)), true, pair);
  for (const pair of no)
    assert.equal(matchesWildcard(pair.split(':')[0]!, pair.slice(pair.indexOf(':') + 1)), false, pair);
  assert.equal(matchesWildcard('a'.repeat(250), `${'a*'.repeat(60)}b`), false);
  assert.deepEqual(braceAlternatives('a{b,c{d,e}}f'), ['abf', 'acdf', 'acef']);
  assert.deepEqual(braceAlternatives('a{b'), ['a{b']);
  assert.ok(braceAlternatives('{a,b}'.repeat(40)).length <= 512);
});

test('files of the disk', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'locum-configuration-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const main = join(folder, 'main.conf');
  mkdirSync(join(folder, 'conf.d'));
  writeFileSync(main, 'include conf.d/*.conf\n');
  writeFileSync(join(folder, 'conf.d', '1.conf'), Buffer.from(`# Gr\u00f6\u00dfe\n${instance()}`, 'latin1'));
  writeFileSync(join(folder, 'conf.d', '2.conf'), 'nonsense');
  chmodSync(join(folder, 'conf.d', '2.conf'), 0o755);
  mkdirSync(join(folder, 'conf.d', '3.conf'));
  const loaded = loadConfiguration(main, { configId: 'x' });
  assert.deepEqual(loaded.diagnostics.map(brief), ['warning include-not-read 1:9', 'warning include-not-read 1:9']);
  assert.equal(loaded.settings?.instances.length, 1);
  assert.deepEqual(loaded.sources, [main, join(folder, 'conf.d', '1.conf')]);
  const [missing] = loadConfiguration(join(folder, 'none.conf'), { configId: 'x' }).diagnostics;
  assert.equal(missing?.code, 'file-not-read');
});

test('a whole configuration that uses the language', () => {
  const text = `! two virtual routers for each machine
$IF=eth0
$BASE= \\
  interface $IF \\
  advert_int 1 \\
  authentication { \\
    auth_type PASS \\
    auth_pass s3cret \\
  }
global_defs {
  router_id \${_INSTANCE}
  notification_email {
    root@localhost
  }
}
vrrp_instance VI_1 {
  @left state MASTER   # the left machine
  @^left state BACKUP
  @left priority 150
  @^left priority 100
  virtual_router_id 51
  $BASE
  virtual_ipaddress {
    ~SEQ(i, 1, 3) 10.0.\${i}.1/24 dev $IF label eth0:\${i}
  }
}
`;
  for (const [configId, state, priority] of [
    ['left', 'MASTER', 150],
    ['right', 'BACKUP', 100],
  ] as const) {
    const { global, instances } = settingsOf(text, { configId });
    assert.equal(global.routerId, configId);
    assert.equal(instances[0]!.initialState, state);
    assert.equal(instances[0]!.router.priority, priority);
    assert.equal(instances[0]!.router.authentication.type, 'pass');
    assert.deepEqual(
      instances[0]!.addresses.map((each) => [each.text, each.label]),
      [
        ['10.0.1.1/24', 'eth0:1'],
        ['10.0.2.1/24', 'eth0:2'],
        ['10.0.3.1/24', 'eth0:3'],
      ],
    );
  }
});
