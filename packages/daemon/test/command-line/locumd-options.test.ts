import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseLocumdOptions } from '../../src/command-line/locumd-options.ts';

const PROGRAM = fileURLToPath(new URL('../../src/locumd.js', import.meta.url));
const parse = (line: string) => parseLocumdOptions(line.split(' ').filter((word) => word !== ''));

test('Without any word: the places that people expect', () => {
  assert.deepEqual(parse(''), {
    configFile: '/etc/keepalived/keepalived.conf',
    foreground: false,
    logToConsole: false,
    useSyslog: true,
    syslogFacility: 3,
    logFormat: 'human',
    detail: 0,
    dumpConfiguration: false,
    pidFile: '/run/locumd.pid',
    vrrpPidFile: '/run/locum/engine.pid',
    configTest: false,
    configTestLog: undefined,
    configId: hostname().replace(/\..*$/, ''),
    strictIncludes: false,
    netNamespace: undefined,
    transport: undefined,
    keepAddresses: false,
    respawn: true,
    runDirectory: '/run/locum',
    signum: undefined,
    ignored: [],
  });
});

test('Short flags in clusters, with the value attached or apart, as start scripts write them', () => {
  const written = [
    '-nlD -f /x',
    '-n -l -D -f/x',
    '-lnDf /x',
    '-nlDf/x',
    '--dont-fork --log-console --log-detail --use-file=/x',
  ];
  for (const line of written) {
    const { foreground, logToConsole, detail, configFile } = parse(line);
    assert.deepEqual([foreground, logToConsole, detail, configFile], [true, true, 1, '/x'], line);
  }
  assert.equal(parse('-DD').detail, 2);
  assert.equal(parse('-D -n --log-detail').detail, 2);
});

test("Each of keepalived's flags that means something here, short and long", () => {
  const table: [string, string, object][] = [
    ['-f FILE', '--use-file FILE', { configFile: resolve('FILE') }],
    ['-n', '--dont-fork', { foreground: true }],
    ['-l', '--log-console', { logToConsole: true }],
    ['-D', '--log-detail', { detail: 1 }],
    ['-d', '--dump-conf', { dumpConfiguration: true }],
    ['-S 0', '--log-facility=0', { syslogFacility: 16 }],
    ['-S local7', '--log-facility local7', { syslogFacility: 23 }],
    ['-S user', '--log-facility=user', { syslogFacility: 1 }],
    ['-S daemon', '--log-facility=daemon', { syslogFacility: 3 }],
    ['-G', '--no-syslog', { useSyslog: false }],
    ['-t', '--config-test', { configTest: true, configTestLog: undefined }],
    ['-tLOG', '--config-test=LOG', { configTest: true, configTestLog: 'LOG' }],
    ['-i ID', '--config-id ID', { configId: 'ID' }],
    ['-e', '--all-config', { strictIncludes: true }],
    ['-p FILE', '--pid=FILE', { pidFile: resolve('FILE') }],
    ['-r FILE', '--vrrp_pid=FILE', { vrrpPidFile: resolve('FILE') }],
    ['-s red', '--namespace=red', { netNamespace: 'red' }],
    ['-V', '--dont-release-vrrp', { keepAddresses: true }],
    ['-R', '--dont-respawn', { respawn: false }],
  ];
  for (const [short, long, expected] of table) {
    for (const line of [short, long]) {
      const options = parse(line) as unknown as Record<string, unknown>;
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(options[key], value, `${line}: ${key}`);
      assert.deepEqual(options.ignored, [], line);
    }
  }
});

test('Each of its flags that means nothing here is taken without effect, and named', () => {
  const table: [string, string, string][] = [
    ['-P', '--vrrp', '--vrrp'],
    ['-C', '--check', '--check'],
    ['-B', '--no_bfd', '--no_bfd'],
    ['', '--all', '--all'],
    ['-I', '--dont-release-ipvs', '--dont-release-ipvs'],
    ['-m', '--core-dump', '--core-dump'],
    ['-M', '--core-dump-pattern=core', '--core-dump-pattern'],
    ['-x', '--snmp', '--snmp'],
    ['-A unix:/x', '--snmp-agent-socket=unix:/x', '--snmp-agent-socket'],
    ['-c FILE', '--checkers_pid=FILE', '--checkers_pid'],
    ['-b FILE', '--bfd_pid=FILE', '--bfd_pid'],
    ['-a', '--address-monitoring', '--address-monitoring'],
    ['-X', '--release-vips', '--release-vips'],
    ['-u 022', '--umask=022', '--umask'],
    ['-g', '--log-file=/tmp/x', '--log-file'],
    ['', '--flush-log-file', '--flush-log-file'],
    ['', '--ignore-sigint', '--ignore-sigint'],
  ];
  const defaults = parse('');
  for (const [short, long, name] of table) {
    for (const line of [short, long].filter((each) => each !== '')) {
      assert.deepEqual(parse(line), { ...defaults, ignored: [name] }, line);
    }
  }
});

test('Where the run directory goes, the pid file of the engine goes with it, unless it is named', () => {
  assert.equal(parse('--run-dir /x').vrrpPidFile, '/x/engine.pid');
  assert.equal(parse('--run-dir x').vrrpPidFile, resolve('x/engine.pid'));
  assert.equal(parse('--run-dir /x -r /y').vrrpPidFile, '/y');
  assert.equal(parse('--transport ./mine').transport, resolve('mine'));
  assert.equal(parse('--transport mine').transport, 'mine');
  assert.equal(parse('--signum=STOP').signum, 'STOP');
  assert.equal(parse('--log-format json').logFormat, 'json');
});

test('What cannot be is refused with status 2 and what to write instead', () => {
  const table: [string[], RegExp][] = [
    [['--log-detial'], /--log-detail/],
    [['-Z'], /unknown option '-Z'/],
    [['-S', 'local8'], /local0 to local7/],
    [['--log-format', 'xml'], /human, json/],
    [['-f'], /argument missing/],
    [['surplus'], /too many arguments/],
  ];
  for (const [words, expected] of table) {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], { encoding: 'utf8' });
    assert.equal(status, 2, `${words}: ${stderr}`);
    assert.match(stderr, expected);
  }
});
