import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouterSettings } from '../../src/engine/settings.ts';
import { Column, ROW_COLUMNS } from '../../src/engine/snapshot.ts';
import { Heard, Router, type RouterActions } from '../../src/machine/router.ts';
import { NewActiveReason, RouterState, TransitionReason } from '../../src/machine/state.ts';
import { TimerRole } from '../../src/machine/timer-role.ts';
import * as transitions from '../../src/machine/transitions.ts';
import { settings } from '../engine/rig.ts';

const NOW = 1e12;
const ACTIVE_DOWN = Column.Deadlines + TimerRole.ActiveDown;
const ADVER = Column.Deadlines + TimerRole.Adver;

/** An event with the instant at which it happens as its first argument. */
function timed<Rest extends unknown[]>(event: (router: Router, ...rest: Rest) => void) {
  return (at: number, router: Router, ...rest: Rest): void => {
    router.row[Column.EventAt] = at;
    event(router, ...rest);
  };
}

const machine = {
  ...transitions,
  startup: timed(transitions.startup),
  shutdown: timed(transitions.shutdown),
  activeDownTimerFired: timed(transitions.activeDownTimerFired),
  adverTimerFired: timed(transitions.adverTimerFired),
  advertReceived: timed(transitions.advertReceived),
  changeTiming: timed(transitions.changeTiming),
};

/** Writes down what a transition asks for. */
class Recorder implements RouterActions {
  readonly words: string[] = [];
  transmitAdvertisement(): void {
    this.words.push('advert');
  }
  transmitResignation(): void {
    this.words.push('resign');
  }
  acquireAddresses(): void {
    this.words.push('acquire');
  }
  releaseAddresses(): void {
    this.words.push('release');
  }
  mayAnnounce(): boolean {
    return true;
  }
  transmitAnnouncement(): void {
    this.words.push('announce');
  }
  stateChanged(_router: Router, from: number, to: number): void {
    this.words.push(`${from}>${to}`);
  }
  lowerPriorityHeard(): void {
    this.words.push('lower');
  }
  arm(_router: Router, role: TimerRole): void {
    this.words.push(`arm ${role}`);
  }
  cancel(_router: Router, role: TimerRole): void {
    if (role === TimerRole.ActiveDown || role === TimerRole.Adver) this.words.push(`cancel ${role}`);
  }
}

function routerIn(state: RouterState, changes: Partial<RouterSettings> = {}): Router {
  const row = new Float64Array(ROW_COLUMNS);
  const router = new Router(0, row, settings(changes));
  router.announcementCount = 1;
  row.fill(Infinity, Column.Deadlines, Column.Deadlines + 8);
  row[Column.AwaySince] = -Infinity;
  row[Column.EffectivePriority] = router.settings.priority;
  row[Column.AdvertisementIntervalUs] = router.settings.advertisementIntervalUs;
  machine.useInterval(router, router.settings.advertisementIntervalUs);
  const recorder = new Recorder();
  if (state !== RouterState.Initialize) machine.startup(NOW - 5_000_000, router, TransitionReason.Startup, recorder);
  if (state === RouterState.Active && row[Column.State] === RouterState.Backup) {
    machine.activeDownTimerFired(NOW - 500_000, router, recorder);
  }
  assert.equal(row[Column.State], state);
  return router;
}

type Event = (router: Router, actions: RouterActions) => void;

function advert(priority: number, comparison = -1, intervalUs = 1_000_000): Event {
  return (router, actions) => machine.advertReceived(NOW, router, priority, intervalUs, comparison, actions);
}

const events: Readonly<Record<string, Event>> = {
  startup: (router, actions) => {
    if (router.row[Column.State] === RouterState.Initialize) {
      machine.startup(NOW, router, TransitionReason.Startup, actions);
    }
  },
  shutdown: (router, actions) => machine.shutdown(NOW, router, TransitionReason.Shutdown, actions),
  'advert of priority 0': advert(0),
  'lower advert': advert(50),
  'equal advert from a lower address': advert(100, -1),
  'equal advert from our own address': advert(100, 0),
  'equal advert from a higher address': advert(100, 1),
  'higher advert': advert(200),
};

const { Initialize, Backup, Active } = RouterState;
const ARM_DOWN = `arm ${TimerRole.ActiveDown}`;
const ARM_ADVER = `arm ${TimerRole.Adver}`;
const STOP_DOWN = `cancel ${TimerRole.ActiveDown}`;
const STOP_ADVER = `cancel ${TimerRole.Adver}`;

/** State, event, what is asked for in order, next state, rules. One line a cell of the table. */
const table: readonly (readonly [RouterState, string, readonly string[], RouterState, string])[] = [
  [Initialize, 'startup', [ARM_DOWN, '0>1'], Backup, '[FSM-I-02] [TMR-07]'],
  [Initialize, 'shutdown', [], Initialize, ''],
  [Initialize, 'advert of priority 0', [], Initialize, '[FSM-I-03]'],
  [Initialize, 'lower advert', [], Initialize, '[FSM-I-03]'],
  [Initialize, 'equal advert from a lower address', [], Initialize, '[FSM-I-03]'],
  [Initialize, 'equal advert from our own address', [], Initialize, '[FSM-I-03]'],
  [Initialize, 'equal advert from a higher address', [], Initialize, '[FSM-I-03]'],
  [Initialize, 'higher advert', [], Initialize, '[FSM-I-03]'],
  [Backup, 'startup', [], Backup, ''],
  [Backup, 'shutdown', [STOP_DOWN, '1>0'], Initialize, '[FSM-B-05]'],
  [Backup, 'advert of priority 0', [ARM_DOWN], Backup, '[FSM-B-07]'],
  [Backup, 'lower advert', [], Backup, '[FSM-B-10] [PRE-01]'],
  [Backup, 'equal advert from a lower address', [ARM_DOWN], Backup, '[FSM-B-09]'],
  [Backup, 'equal advert from our own address', [ARM_DOWN], Backup, '[FSM-B-09]'],
  [Backup, 'equal advert from a higher address', [ARM_DOWN], Backup, '[FSM-B-09]'],
  [Backup, 'higher advert', [ARM_DOWN], Backup, '[FSM-B-09]'],
  [Active, 'startup', [], Active, ''],
  [Active, 'shutdown', [STOP_ADVER, 'resign', 'release', '2>0'], Initialize, '[FSM-A-03]'],
  [Active, 'advert of priority 0', ['advert', ARM_ADVER], Active, '[FSM-A-05]'],
  [Active, 'lower advert', ['advert', 'lower'], Active, '[FSM-A-08] [FSM-A-12]'],
  [Active, 'equal advert from a lower address', ['advert', 'lower'], Active, '[FSM-A-08]'],
  [Active, 'equal advert from our own address', [], Active, '[FSM-A-13]'],
  [Active, 'equal advert from a higher address', [STOP_ADVER, ARM_DOWN, 'release', '2>1'], Backup, '[FSM-A-07]'],
  [Active, 'higher advert', [STOP_ADVER, ARM_DOWN, 'release', '2>1'], Backup, '[FSM-A-06]'],
];

const stateNames = Object.keys(RouterState);

for (const [state, event, expected, next, rules] of table) {
  test(`${stateNames[state]}: ${event} ${rules}`, () => {
    const router = routerIn(state);
    const recorder = new Recorder();
    events[event]!(router, recorder);
    assert.deepEqual(recorder.words, expected);
    assert.equal(router.row[Column.State], next);
  });
}

test('The table has a line for every state and event', () => {
  assert.equal(table.length, stateNames.length * Object.keys(events).length);
});

test('Becoming Active: advert, addresses, announcements, Adver_Timer, in this order [FSM-B-06] [ARP-03] [FSM-A-11]', () => {
  const router = routerIn(Backup);
  const recorder = new Recorder();
  const due = router.row[ACTIVE_DOWN]!;
  machine.activeDownTimerFired(due, router, recorder);
  assert.deepEqual(recorder.words, [STOP_DOWN, 'advert', 'acquire', 'announce', ARM_ADVER, '1>2']);
  assert.equal(router.row[ADVER], due + 1_000_000);
  assert.equal(router.row[ACTIVE_DOWN], Infinity);
});

test('An owner becomes Active at startup [FSM-I-01]', () => {
  const router = routerIn(Initialize, { priority: 255 });
  const recorder = new Recorder();
  machine.startup(NOW, router, TransitionReason.Startup, recorder);
  assert.deepEqual(recorder.words, ['advert', 'acquire', 'announce', ARM_ADVER, '0>2']);
  assert.equal(router.row[Column.NewActiveReason], NewActiveReason.Priority);
});

test('A Backup learns the interval of an accepted advert, and its skew with it [TMR-05] [FSM-B-09]', () => {
  const router = routerIn(Backup);
  advert(200, -1, 100_000)(router, new Recorder());
  assert.equal(router.row[Column.ActiveAdverIntervalUs], 100_000);
  assert.equal(router.row[Column.SkewTimeUs], 60_938);
  assert.equal(router.row[ACTIVE_DOWN], NOW + 360_938);
});

test('A Backup learns nothing from a lower advert, nor from priority 0 [TMR-06] [FSM-B-10]', () => {
  const router = routerIn(Backup);
  advert(50, -1, 100_000)(router, new Recorder());
  assert.equal(router.row[Column.ActiveAdverIntervalUs], 1_000_000);
  advert(0, -1, 100_000)(router, new Recorder());
  assert.equal(router.row[Column.ActiveAdverIntervalUs], 1_000_000);
  assert.equal(router.row[ACTIVE_DOWN], NOW + 609_375);
});

test('Version 2 learns nothing [FSM-B-11] [V2-04]', () => {
  const router = routerIn(Backup, { version: 2 });
  advert(200, -1, 5_000_000)(router, new Recorder());
  assert.equal(router.row[Column.ActiveAdverIntervalUs], 1_000_000);
  assert.equal(router.row[ACTIVE_DOWN], NOW + 3_609_375);
});

for (const version of [2, 3] as const) {
  test(`An Active of version ${version} that is not to assert itself keeps silent, but says whom it heard [V2-07] [FSM-A-09]`, () => {
    const router = routerIn(Active, { version, assertAgainstLower: false });
    const recorder = new Recorder();
    advert(50)(router, recorder);
    assert.deepEqual(recorder.words, ['lower']);
    assert.equal(router.row[Column.State], Active);
  });
}

test('An Active that yields takes interval, skew and timer from the packet [FSM-A-06]', () => {
  const router = routerIn(Active);
  advert(200, -1, 2_000_000)(router, new Recorder());
  assert.equal(router.row[Column.ActiveAdverIntervalUs], 2_000_000);
  assert.equal(router.row[ACTIVE_DOWN], NOW + 6_000_000 + 1_218_750);
  assert.equal(router.row[ADVER], Infinity);
});

test('An Active may say a last word to the one it yields to', () => {
  const router = routerIn(Active, { advertiseWhenYielding: true });
  const recorder = new Recorder();
  advert(200)(router, recorder);
  assert.deepEqual(recorder.words, ['advert', STOP_ADVER, ARM_DOWN, 'release', '2>1']);
});

test('Preempt_Mode False: a Backup stays below any Active [FSM-B-08] [PRE-02]', () => {
  const router = routerIn(Backup, { preemptMode: false });
  advert(1)(router, new Recorder());
  assert.equal(router.row[ACTIVE_DOWN], NOW + 3_609_375);
});

test('Preempt_Mode False does not keep an Active from yielding [FSM-A-10]', () => {
  const router = routerIn(Active, { preemptMode: false });
  advert(200)(router, new Recorder());
  assert.equal(router.row[Column.State], Backup);
});

test('An owner preempts whatever Preempt_Mode says [ELE-05]', () => {
  const router = routerIn(Initialize, { priority: 255, preemptMode: false, preemptDelayUs: 9_000_000 });
  const recorder = new Recorder();
  machine.startup(NOW, router, TransitionReason.Startup, recorder);
  advert(255, 1)(router, recorder);
  assert.equal(router.row[Column.State], Backup);
  const deadline = router.row[ACTIVE_DOWN];
  advert(254)(router, recorder);
  assert.equal(router.row[ACTIVE_DOWN], deadline);
  machine.activeDownTimerFired(deadline!, router, recorder);
  assert.equal(router.row[Column.LastEvent], TransitionReason.OwnerPreempt);
});

test('The preempt delay runs from the first lower advert, and an equal one stops it [PRE-03]', () => {
  const router = routerIn(Backup, { preemptDelayUs: 2_000_000 });
  const recorder = new Recorder();
  const lowerAt = (at: number): void => machine.advertReceived(at, router, 50, 1_000_000, -1, recorder);
  lowerAt(NOW);
  assert.equal(router.row[ACTIVE_DOWN], NOW + 3_609_375);
  lowerAt(NOW + 1_999_999);
  assert.equal(router.row[ACTIVE_DOWN], NOW + 1_999_999 + 3_609_375);
  machine.advertReceived(NOW + 1_999_999, router, 100, 1_000_000, -1, recorder);
  lowerAt(NOW + 2_000_000);
  assert.equal(router.row[ACTIVE_DOWN], NOW + 2_000_000 + 3_609_375);
  lowerAt(NOW + 4_000_000);
  assert.equal(router.row[ACTIVE_DOWN], NOW + 2_000_000 + 3_609_375);
  assert.equal(router.row[Column.Heard], Heard.LowerPriority);
  machine.activeDownTimerFired(NOW + 5_609_375, router, recorder);
  assert.equal(router.row[Column.LastEvent], TransitionReason.PreemptHoldTimeout);
  assert.equal(router.row[Column.NewActiveReason], NewActiveReason.Preempted);
});

test('Why a router became Active [MGT-13] [MGT-14]', () => {
  const cases = [
    [undefined, NewActiveReason.NoResponse, TransitionReason.ActiveTimeout],
    [0, NewActiveReason.Priority, TransitionReason.ActiveTimeout],
    [50, NewActiveReason.Preempted, TransitionReason.LowerPriorityActive],
    [200, NewActiveReason.NoResponse, TransitionReason.ActiveTimeout],
  ] as const;
  for (const [heard, reason, event] of cases) {
    const router = routerIn(Backup);
    if (heard !== undefined) advert(heard)(router, new Recorder());
    machine.activeDownTimerFired(router.row[ACTIVE_DOWN]!, router, new Recorder());
    assert.equal(router.row[Column.NewActiveReason], reason);
    assert.equal(router.row[Column.LastEvent], event);
  }
});

test('A change of priority moves the timer of a Backup by the difference in skew [TMR-11]', () => {
  const router = routerIn(Backup);
  const before = router.row[ACTIVE_DOWN]!;
  machine.changePriority(router, 228, new Recorder());
  assert.equal(router.row[ACTIVE_DOWN], before - 500_000);
  machine.changePriority(router, 100, new Recorder());
  assert.equal(router.row[ACTIVE_DOWN], before);
});

test('A shorter own interval does not make a Backup promote itself before its Active can speak [TMR-11]', () => {
  const router = routerIn(Backup, { advertisementIntervalUs: 10_000_000 });
  router.settings = { ...router.settings, advertisementIntervalUs: 1_000_000 };
  machine.changeTiming(NOW, router, new Recorder());
  assert.ok(router.row[ACTIVE_DOWN]! >= NOW + 30_000_000);
});

test('A longer own interval is advertised at once, because Backups still wait by the shorter one [TMR-11]', () => {
  const router = routerIn(Active);
  router.settings = { ...router.settings, advertisementIntervalUs: 10_000_000 };
  const recorder = new Recorder();
  machine.changeTiming(NOW, router, recorder);
  assert.deepEqual(recorder.words, ['advert', ARM_ADVER]);
  assert.equal(router.row[ADVER], NOW + 10_000_000);
});

test('A storm of losing adverts gets one answer in 10 ms [FSM-A-13]', () => {
  const router = routerIn(Active);
  const recorder = new Recorder();
  const deadline = router.row[ADVER];
  for (let at = NOW; at < NOW + 100_000; at += 100) {
    machine.advertReceived(at, router, 50, 1_000_000, -1, recorder);
  }
  assert.equal(recorder.words.filter((word) => word === 'advert').length, 10);
  assert.equal(router.row[ADVER], deadline);
});

test('A storm of priority-0 adverts is answered every 10 ms and cannot silence an Active [FSM-A-05] [FSM-A-13]', () => {
  const router = routerIn(Active);
  const recorder = new Recorder();
  for (let at = NOW; at < NOW + 100_000; at += 100) {
    machine.advertReceived(at, router, 0, 1_000_000, -1, recorder);
    if (router.row[ADVER]! <= at) machine.adverTimerFired(at, router, recorder);
  }
  const adverts = recorder.words.filter((word) => word === 'advert').length;
  assert.ok(adverts >= 9 && adverts <= 20, `${adverts} adverts`);
  assert.ok(router.row[ADVER]! <= NOW + 100_000 + 1_000_000);
});
