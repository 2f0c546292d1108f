import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFile } from './capture-writer.ts';
import { runLocum } from './recording.ts';

const GOOD = `vrrp_instance VI_1 {
   state BACKUP
   interface eth0
   virtual_router_id 51
   priority 90
   advert_int 1
   virtual_ipaddress {
       192.168.1.100
   }
}
`;
const DOUBTFUL = GOOD.replace('   priority 90\n', '   priority 90\n   mcast_src_ip_typo_free 1\n').replace(
  'mcast_src_ip_typo_free 1',
  'track_script { chk }',
);
const WRONG = GOOD.replace('priority 90', 'priorty 90').replace('virtual_router_id 51', 'virtual_router_id 300');

test('a good configuration is said to be good, with status 0', async (context) => {
  const run = await runLocum('check', temporaryFile(context, 'keepalived.conf', GOOD));
  deepEqual([run.status, run.err], [0, []]);
  ok(/ in keepalived\.conf; locumd would run 1 virtual router$/.test(run.out.at(-1)!), run.out.join('\n'));
});

test('warnings alone give status 1', async (context) => {
  const run = await runLocum('check', temporaryFile(context, 'keepalived.conf', DOUBTFUL));
  equal(run.status, 1, run.out.join('\n'));
  ok(/^\d+ warnings?.* in keepalived\.conf; locumd would run 1 virtual router$/.test(run.out.at(-1)!), run.out.at(-1));
});

test('all errors are shown with file, line and column, and give status 2', async (context) => {
  const file = temporaryFile(context, 'keepalived.conf', WRONG);
  const run = await runLocum('check', file);
  equal(run.status, 2);
  const text = run.out.join('\n');
  ok(text.includes(`${file}:4:`), text);
  ok(text.includes(`${file}:5:`), text);
  ok(/^2 errors in keepalived\.conf; locumd would not start$/.test(run.out.at(-1)!), run.out.at(-1));
});

test('JSON holds every file with its diagnostics, and the worst decides the status', async (context) => {
  const good = temporaryFile(context, 'good.conf', GOOD);
  const wrong = temporaryFile(context, 'wrong.conf', WRONG);
  const run = await runLocum('check', '--json', good, wrong);
  equal(run.status, 2);
  const { files } = JSON.parse(run.out.join('\n')) as { files: Record<string, unknown>[] };
  deepEqual(
    files.map(({ file, starts, errors, warnings }) => [file, starts, errors, warnings]),
    [
      [good, true, 0, 0],
      [wrong, false, 2, 0],
    ],
  );
  equal((files[1]!.diagnostics as unknown[]).length, 2);
});

test('a file that is not there is an error, and quiet is quiet', async (context) => {
  const missing = await runLocum('check', '/nowhere/keepalived.conf');
  equal(missing.status, 2);
  ok(missing.out.join('\n').includes('/nowhere/keepalived.conf'));
  const quiet = await runLocum('check', '--quiet', temporaryFile(context, 'keepalived.conf', WRONG));
  deepEqual([quiet.status, quiet.out, quiet.err], [2, [], []]);
});

test('lines for another machine are left out', async (context) => {
  const file = temporaryFile(context, 'keepalived.conf', `${GOOD}@other nonsense\n`);
  equal((await runLocum('check', '-i', 'this', file)).status, 0);
  equal((await runLocum('check', '-i', 'other', file)).status, 2);
});
