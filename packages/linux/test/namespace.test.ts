import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createNetworkNamespace, openNetworkNamespace, readSysctl, writeSysctl } from '../src/index.ts';
import { skipWithoutNamespaces } from './requirement.ts';

const here = (): string => readlinkSync('/proc/thread-self/ns/net');

describe('network namespace', { skip: skipWithoutNamespaces('network namespace') }, () => {
  it('is entered for the duration of an action only', () => {
    withNamespace((namespace) => {
      const home = here();
      const inside = namespace.run(here);
      assert.notEqual(inside, home);
      assert.equal(here(), home);
    });
  });

  it('is left when the action throws', () => {
    withNamespace((namespace) => {
      const home = here();
      assert.throws(
        () =>
          namespace.run(() => {
            throw new Error('expected');
          }),
        /expected/,
      );
      assert.equal(here(), home);
    });
  });

  it('nests', () => {
    withNamespace((outer) => {
      withNamespace((inner) => {
        const [before, inside, after] = outer.run(() => [here(), inner.run(here), here()]);
        assert.equal(before, after);
        assert.notEqual(before, inside);
      });
    });
  });

  it('is where a child spawned inside an action lives, and can be opened by the id of that child', async () => {
    const namespace = createNetworkNamespace();
    const child = namespace.run(() => spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] }));
    const ended = once(child, 'exit');
    try {
      const inside = namespace.run(here);
      assert.equal(readlinkSync(`/proc/${child.pid}/ns/net`), inside);
      const again = openNetworkNamespace(child.pid!);
      assert.equal(again.run(here), inside);
      again.close();
    } finally {
      child.stdin.end();
      await ended;
      namespace.close();
    }
  });

  it('has kernel settings of its own', () => {
    withNamespace((namespace) => {
      const key = 'ipv4/ip_default_ttl';
      const outside = readSysctl(key);
      namespace.run(() => {
        writeSysctl(key, 99);
        assert.equal(readSysctl(key), '99');
        assert.equal(readSysctl('ipv4/no_such_setting'), undefined);
        assert.throws(() => writeSysctl('ipv4/no_such_setting', 1), { code: 'ENOENT' });
      });
      assert.equal(readSysctl(key), outside);
    });
  });

  it('begins with a loopback device and nothing else', () => {
    withNamespace((namespace) => {
      const devices = namespace.run(() => readFileSync('/proc/thread-self/net/dev', 'utf8'));
      assert.deepEqual(devices.match(/\S+(?=:)/g), ['lo']);
    });
  });

  it('says which name could not be opened', () => {
    assert.throws(() => openNetworkNamespace('locum-has-no-such-name'), /\/run\/netns\/locum-has-no-such-name/);
  });
});

function withNamespace(action: (namespace: ReturnType<typeof createNetworkNamespace>) => void): void {
  const namespace = createNetworkNamespace();
  try {
    action(namespace);
  } finally {
    namespace.close();
  }
}
