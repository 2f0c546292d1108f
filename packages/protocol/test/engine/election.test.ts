/** Several engines on one wire in virtual time: who is Active, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EffectKind, TransmitPurpose } from '../../src/engine/effects.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { RouterSettings } from '../../src/engine/settings.ts';
import { readRow } from '../../src/engine/snapshot.ts';
import { RouterState } from '../../src/machine/state.ts';
import { Link } from '../../src/wire/reception.ts';
import { address, link, settings } from './rig.ts';

const DELAY_US = 50;
const SECOND = 1_000_000;

interface InFlight {
  readonly at: number;
  readonly to: Node;
  readonly bytes: Uint8Array;
}

/** A node with one router: its engine, whether it lives, and which side of a partition it is on. */
class Node {
  readonly engine = new Engine({ maxRouters: 2, maxPorts: 1 });
  readonly name: string;
  isAlive = true;
  side = 0;
  holdsAddresses = false;

  constructor(name: string, host: number, changes: Partial<RouterSettings>) {
    this.name = name;
    this.engine.configure(0, [settings({ name, ...changes })]);
    const linkLocal = address(`fe80::${host}`);
    this.engine.setLink(
      0,
      0,
      link({ ipv4: address(`192.0.2.${host}`), linkLocal, mac: Uint8Array.of(2, 0, 0, 0, 0, host) }),
    );
  }

  get isActive(): boolean {
    return readRow(this.engine.rows, 0)!.state === RouterState.Active;
  }
}

class Wire {
  readonly nodes: Node[];
  now = 0;
  readonly history: string[] = [];
  readonly #inFlight: InFlight[] = [];

  constructor(...nodes: Node[]) {
    this.nodes = nodes;
    for (const node of nodes) {
      node.engine.startup(0);
      this.#execute(node);
    }
  }

  runFor(duration: number): void {
    const until = this.now + duration;
    for (;;) {
      const frameAt = Math.min(Infinity, ...this.#inFlight.map(({ at }) => at));
      const timerAt = Math.min(Infinity, ...this.#living.map(({ engine }) => engine.deadline));
      const next = Math.min(frameAt, timerAt);
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.#deliver();
      for (const node of this.#living) {
        node.engine.timers(this.now);
        this.#execute(node);
      }
    }
    this.now = until;
  }

  get actives(): string[] {
    return this.#living.filter((node) => node.isActive).map(({ name }) => name);
  }

  stop(node: Node): void {
    node.engine.shutdown(this.now);
    this.#execute(node);
  }

  start(node: Node): void {
    node.isAlive = true;
    node.engine.startup(this.now);
    this.#execute(node);
  }

  /** What happened since the last call. */
  take(): string[] {
    return this.history.splice(0);
  }

  get #living(): Node[] {
    return this.nodes.filter(({ isAlive }) => isAlive);
  }

  /** Frames first, timers after: an advert that has arrived counts before a timer that is due. */
  #deliver(): void {
    const due = this.#inFlight.filter(({ at }) => at <= this.now);
    this.#inFlight.splice(0, this.#inFlight.length, ...this.#inFlight.filter(({ at }) => at > this.now));
    for (const { to, bytes } of due) {
      if (!to.isAlive) continue;
      to.engine.frame(this.now, 0, bytes, 0, bytes.length, Link.Ethernet);
      this.#execute(to);
    }
  }

  #execute(node: Node): void {
    const { effects, txBytes } = node.engine;
    for (let index = 0; index < effects.count; index++) {
      const effect = effects.at(index);
      if (effect.kind === EffectKind.Transmit) {
        if (effect.purpose === TransmitPurpose.GratuitousArp || effect.purpose === TransmitPurpose.NeighborAdvert) {
          assert.ok(node.holdsAddresses, `${node.name} announces addresses that it does not have`);
          this.history.push(`${this.now} ${node.name} announces`);
        } else this.#send(node, txBytes.slice(effect.start, effect.end));
      } else if (effect.kind === EffectKind.AcquireAddresses) {
        assert.ok(!node.holdsAddresses, `${node.name} acquires twice`);
        node.holdsAddresses = true;
      } else if (effect.kind === EffectKind.ReleaseAddresses) {
        assert.ok(node.holdsAddresses, `${node.name} releases what it does not have`);
        node.holdsAddresses = false;
      } else if (effect.kind === EffectKind.StateChanged) {
        this.history.push(`${this.now} ${node.name} ${Object.keys(RouterState)[effect.to]}`);
        assert.equal(node.holdsAddresses, effect.to === RouterState.Active);
      } else assert.notEqual(effect.kind, EffectKind.Discarded, `${node.name} drops ${effect.reason}`);
    }
    effects.clear();
  }

  #send(from: Node, bytes: Uint8Array): void {
    for (const to of this.nodes) {
      if (to !== from && to.side === from.side) this.#inFlight.push({ at: this.now + DELAY_US, to, bytes });
    }
  }
}

const variants: readonly (readonly [string, Partial<RouterSettings>])[] = [
  ['v2/IPv4', { version: 2 }],
  ['v2/IPv4 with AH', { version: 2, authentication: { type: 'ah', key: Uint8Array.from(Buffer.from('s3cret\0\0')) } }],
  ['v3/IPv4', { version: 3 }],
  ['v3/IPv6', { version: 3, family: 6 }],
];

for (const [name, changes] of variants) {
  const high = (): Node => new Node('high', 10, { ...changes, priority: 200 });
  const low = (): Node => new Node('low', 20, { ...changes, priority: 100 });

  test(`${name}: the higher priority is elected, once, and announces [FSM-B-06] [ARP-01] [MGT-40]`, () => {
    const wire = new Wire(high(), low());
    wire.runFor(10 * SECOND);
    assert.deepEqual(wire.actives, ['high']);
    assert.deepEqual(wire.take(), ['0 high Backup', '0 low Backup', '3218750 high announces', '3218750 high Active']);
  });

  test(`${name}: orderly stop hands over within the skew [FSM-A-03] [FSM-B-07]`, () => {
    const wire = new Wire(high(), low());
    wire.runFor(10 * SECOND);
    wire.take();
    wire.stop(wire.nodes[0]!);
    wire.runFor(SECOND);
    const at = 10 * SECOND + DELAY_US + 609_375;
    assert.deepEqual(wire.take(), ['10000000 high Initialize', `${at} low announces`, `${at} low Active`]);
  });

  test(`${name}: after a silent death the Backup takes over in three intervals and a skew [FSM-B-06]`, () => {
    const wire = new Wire(high(), low());
    wire.runFor(10 * SECOND);
    wire.take();
    wire.nodes[0]!.isAlive = false;
    wire.runFor(4 * SECOND);
    const at = 3_218_750 + 6 * SECOND + DELAY_US + 3_609_375;
    assert.deepEqual(wire.take(), [`${at} low announces`, `${at} low Active`]);
  });

  test(`${name}: the higher one preempts on its return, and the lower one yields [PRE-01] [FSM-A-06]`, () => {
    const wire = new Wire(high(), low());
    wire.runFor(10 * SECOND);
    wire.stop(wire.nodes[0]!);
    wire.runFor(10 * SECOND);
    assert.deepEqual(wire.actives, ['low']);
    wire.take();
    wire.start(wire.nodes[0]!);
    wire.runFor(20 * SECOND);
    assert.deepEqual(wire.actives, ['high']);
    const words = wire.take().map((line) => line.replace(/^\d+ /, ''));
    assert.deepEqual(words, ['high Backup', 'high announces', 'high Active', 'low Backup']);
  });

  test(`${name}: without preemption the lower one stays [PRE-02]`, () => {
    const wire = new Wire(new Node('high', 10, { ...changes, priority: 200, preemptMode: false }), low());
    wire.runFor(10 * SECOND);
    wire.stop(wire.nodes[0]!);
    wire.runFor(10 * SECOND);
    wire.start(wire.nodes[0]!);
    wire.runFor(30 * SECOND);
    assert.deepEqual(wire.actives, ['low']);
  });

  test(`${name}: with equal priorities the higher address wins [FSM-A-07] [ELE-01]`, () => {
    const first = new Node('first', 10, changes);
    const second = new Node('second', 20, changes);
    const wire = new Wire(first, second);
    wire.runFor(10 * SECOND);
    assert.deepEqual(wire.actives, ['second']);
  });

  test(`${name}: two Actives after a partition become one at the first advert [FSM-A-06] [FSM-A-08]`, () => {
    const wire = new Wire(high(), low());
    wire.runFor(10 * SECOND);
    wire.nodes[1]!.side = 1;
    wire.runFor(10 * SECOND);
    assert.deepEqual(wire.actives, ['high', 'low']);
    wire.nodes[1]!.side = 0;
    wire.take();
    wire.runFor(SECOND + 2 * DELAY_US);
    assert.deepEqual(wire.actives, ['high']);
    assert.deepEqual(
      wire.take().map((line) => line.replace(/^\d+ /, '')),
      ['low Backup'],
    );
  });

  test(`${name}: three routers follow one another in order of priority`, () => {
    const wire = new Wire(high(), new Node('middle', 15, { ...changes, priority: 150 }), low());
    wire.runFor(10 * SECOND);
    for (const expected of ['high', 'middle', 'low']) {
      assert.deepEqual(wire.actives, [expected]);
      wire.stop(wire.nodes.find((node) => node.name === expected)!);
      wire.runFor(10 * SECOND);
    }
    assert.deepEqual(wire.actives, []);
  });
}

test('Backups learn the interval of an Active that is configured otherwise [TMR-05]', () => {
  const fast = new Node('fast', 10, { priority: 200, advertisementIntervalUs: 100_000 });
  const wire = new Wire(fast, new Node('slow', 20, { advertisementIntervalUs: 10 * SECOND }));
  wire.runFor(10 * SECOND);
  fast.isAlive = false;
  wire.runFor(400_000);
  assert.deepEqual(wire.actives, ['slow']);
});

test('Two owners settle it by address [ELE-06] [ELE-07]', () => {
  const wire = new Wire(new Node('first', 10, { priority: 255 }), new Node('second', 20, { priority: 255 }));
  wire.runFor(5 * SECOND);
  assert.deepEqual(wire.actives, ['second']);
});

test('Adverts do not drift [TMR-08]', () => {
  const wire = new Wire(new Node('owner', 10, { priority: 255, advertisementIntervalUs: 10_000 }));
  wire.runFor(100 * SECOND);
  assert.equal(wire.nodes[0]!.engine.deadline, 100 * SECOND + 10_000);
});
