import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deleteAddress, findLink, openNetworkNamespace, realtimeUs } from '@locum/linux';
import { parseAddress } from '../lib/address-text.ts';
import { eventually } from '../lib/deadline.ts';
import { processesIn } from '../lib/guard.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { findCommand, missing, requires } from '../lib/requirement.ts';

const DEADLINE_MS = 10_000;

async function twoHosts(lab: Lab) {
  const alice = await lab.addHost('alice', { addresses: ['192.168.1.1/24', '2001:db8::1/64'] });
  const bob = await lab.addHost('bob', { addresses: ['192.168.1.2/24', '2001:db8::2/64'] });
  return { alice, bob };
}

describe('lab', requires('integration/lab', { namespaces: true }), () => {
  for (const target of ['192.168.1.2', '2001:db8::2']) {
    it(`carries pings to ${target}, sees each frame once and knows who sent it`, async () => {
      await withLab('lab-ping', async (lab) => {
        const { alice, bob } = await twoHosts(lab);
        const capture = await lab.capture({ echo: true });
        const beginUs = realtimeUs();
        const pinger = await lab.ping(alice, { target, intervalMs: 5 });
        await eventually('20 answers', () => pinger.summary().answered >= 20, DEADLINE_MS);
        await pinger.stop();
        await capture.stop();
        assert.deepEqual(pinger.summary().macs, [bob.mac]);
        const echoes = capture.frames.filter((frame) => frame.decoded?.kind.startsWith('echo'));
        const senders = echoes.map((frame) => `${frame.host} ${frame.decoded!.kind}`);
        assert.deepEqual(new Set(senders), new Set(['alice echo-request', 'bob echo-reply']));
        assert.equal(senders.filter((sender) => sender.startsWith('alice')).length, pinger.pings.length);
        assert.ok(capture.frames.every((frame) => frame.atUs >= beginUs - 1e6 && frame.atUs <= realtimeUs()));
      });
    });
  }

  it('has link-local addresses that are usable at once, and MACs that one can foretell', async () => {
    await withLab('lab-ready', async (lab) => {
      const { alice, bob } = await twoHosts(lab);
      assert.equal(alice.mac, '02:00:00:00:00:01');
      assert.equal(bob.linkLocal, 'fe80::ff:fe00:2');
      const pinger = await lab.ping(alice, { target: bob.linkLocal });
      await eventually('an answer', () => pinger.firstAnswered(0), DEADLINE_MS);
    });
  });

  it('cuts and heals a cable', async () => {
    await withLab('lab-cut', async (lab) => {
      const { alice, bob } = await twoHosts(lab);
      const pinger = await lab.ping(alice, { target: '192.168.1.2' });
      await eventually('an answer', () => pinger.firstAnswered(0), DEADLINE_MS);
      lab.cut(bob);
      const cutUs = realtimeUs();
      assert.equal(findLink(bob.netlink, bob.interfaceIndex)!.lowerUp, false);
      await eventually('lost pings', () => pinger.summary(cutUs).sent > 20, DEADLINE_MS);
      assert.equal(pinger.summary(cutUs).answered, 0);
      lab.heal(bob);
      const healedUs = realtimeUs();
      await eventually('an answer again', () => pinger.firstAnswered(healedUs), DEADLINE_MS);
    });
  });

  it('waits for frames with a deadline, and says what did not come', async () => {
    await withLab('lab-until', async (lab) => {
      const { alice } = await twoHosts(lab);
      const capture = await lab.capture();
      const arp = capture.until('alice asks for .2', (frame) => frame.decoded?.kind === 'arp', DEADLINE_MS);
      await lab.ping(alice, { target: '192.168.1.2' });
      assert.equal((await arp).host, 'alice');
      await assert.rejects(
        capture.untilAdvert('an advert', () => true, 20),
        /not within 20 ms: on the wire: an advert/,
      );
    });
  });

  it('runs programs in a host, with their output in lines and in a file', async () => {
    await withLab('lab-process', async (lab) => {
      const { alice } = await twoHosts(lab);
      const child = alice.spawn('sh', ['-c', 'echo begun; echo "also here" >&2; sleep 60']);
      await child.line(/begun/, DEADLINE_MS);
      await child.line(/also here/, DEADLINE_MS);
      await eventually('two processes', () => alice.processIds().length === 2, DEADLINE_MS);
      assert.ok(alice.processIds().includes(child.pid));
      assert.equal(alice.killAll(), 2);
      assert.deepEqual(await child.exited, { code: null, signal: 'SIGKILL' });
      await eventually('no process is left', () => alice.processIds().length === 0, DEADLINE_MS);
      const log = `${lab.artifacts}/alice-0-sh.log`;
      await eventually(
        'the log file is whole',
        () => existsSync(log) && readFileSync(log, 'utf8').endsWith('also here\nended: SIGKILL\n'),
        DEADLINE_MS,
      );
      await assert.rejects(alice.spawn('sh', ['-c', 'exit 3']).line(/never/, DEADLINE_MS), /ended before/);
      assert.equal((await alice.spawn('no-such-program', []).exited).code, null);
    });
  });

  it('has read what a program said last when it is told of the end, and does not wait for what that left behind', async () => {
    await withLab('lab-last-words', async (lab) => {
      const { alice } = await twoHosts(lab);
      const [begun, go] = [`${lab.artifacts}/begun`, `${lab.artifacts}/go`];
      const blockUntil = (isSo: () => boolean): void => {
        const giveUpAt = performance.now() + DEADLINE_MS;
        while (!isSo()) assert.ok(performance.now() < giveUpAt);
      };
      const isZombie = (pid: number): boolean => /\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
      // One turn of the event loop finds the first word, during which the last one comes, and then that a child ended.
      const other = alice.spawn('true', []);
      const script = 'sleep 60 & echo first; : >"$0"; while [ ! -e "$1" ]; do :; done; echo last';
      const child = alice.spawn('sh', ['-c', script, begun, go]);
      child.lines.push = (...lines) => {
        if (!existsSync(go)) {
          writeFileSync(go, '');
          blockUntil(() => isZombie(child.pid));
        }
        return Array.prototype.push.apply(child.lines, lines);
      };
      blockUntil(() => existsSync(begun) && isZombie(other.pid));
      await child.exited;
      assert.equal(child.output, 'first\nlast');
    });
  });

  it('leaves nothing behind when it is closed', async () => {
    const { identity, artifacts, held } = await withLab('lab-close', async (lab) => {
      const { alice } = await twoHosts(lab);
      alice.spawn('sh', ['-c', 'sleep 60 & sleep 60']);
      await eventually('three processes', () => alice.processIds().length === 3, DEADLINE_MS);
      // Or another lab may be known by the same identity.
      const held = openNetworkNamespace(alice.processIds()[0]!);
      return { identity: alice.identity, artifacts: lab.artifacts, held };
    });
    assert.deepEqual(processesIn(identity), []);
    held.close();
    assert.equal(existsSync(artifacts), false);
  });

  it('leaves nothing behind when the process that made it is killed', async () => {
    const program = fileURLToPath(new URL('../lib/abandoned-lab.js', import.meta.url));
    const maker = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(maker.stdout, 'data')) as [Buffer];
    const [identity = '', artifacts = ''] = said.toString().split('\n');
    assert.equal(processesIn(identity).length, 3);
    const held = openNetworkNamespace(processesIn(identity)[0]!);
    maker.kill('SIGKILL');
    await once(maker, 'exit');
    await eventually('its processes are gone', () => processesIn(identity).length === 0, DEADLINE_MS);
    held.close();
    rmSync(artifacts, { recursive: true });
  });

  it('takes an address from a host and the next ping is lost', async () => {
    await withLab('lab-lost', async (lab) => {
      const { alice, bob } = await twoHosts(lab);
      const pinger = await lab.ping(alice, { target: '192.168.1.2' });
      await eventually('an answer', () => pinger.firstAnswered(0), DEADLINE_MS);
      const address = parseAddress('192.168.1.2');
      deleteAddress(bob.netlink, { interfaceIndex: bob.interfaceIndex, address, prefixLength: 24 });
      const goneUs = realtimeUs();
      await eventually('20 pings more', () => pinger.summary(goneUs).sent > 20, DEADLINE_MS);
      assert.equal(pinger.summary(goneUs).answered, 0);
    });
  });
});

describe('capture file', requires('integration/capture-file', { namespaces: true, commands: ['tshark'] }), () => {
  it('is one that tshark reads, to the nanosecond', async () => {
    await withLab('capture-file', async (lab) => {
      const { alice } = await twoHosts(lab);
      const capture = await lab.capture({ echo: true });
      const pinger = await lab.ping(alice, { target: '192.168.1.2' });
      await eventually('an answer', () => pinger.firstAnswered(0), DEADLINE_MS);
      await pinger.stop();
      await capture.stop();
      const args = ['-r', capture.file, '-T', 'fields', '-e', 'frame.time_epoch', '-e', 'eth.src'];
      const result = spawnSync(findCommand('tshark')!, args, { encoding: 'utf8' });
      assert.equal(result.status, 0, result.stderr);
      const rows = result.stdout.trim().split('\n');
      assert.equal(rows.length, capture.frames.length);
      const [time = '', mac] = rows[0]!.split('\t');
      assert.match(time, /^\d+\.\d{9}$/);
      assert.ok(Math.abs(Number(time) * 1e6 - capture.frames[0]!.atUs) < 1);
      assert.match(mac!, /^02:00/);
    });
  });
});

describe('requirement', () => {
  it('names what is missing and the remedy', () => {
    assert.equal(missing({}), undefined);
    assert.equal(missing({ commands: ['sh'] }), undefined);
    assert.deepEqual(missing({ commands: ['sh', 'locum-has-no-such-program'] }), {
      reason: 'no locum-has-no-such-program',
      remedy: 'apt-get install locum-has-no-such-program',
    });
  });
});
