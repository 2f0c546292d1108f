/** An alarm makes its descriptor readable at its instant, once it is set and not before. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Alarm, boottimeUs, Clock, PollEvent, Poller } from '../src/index.ts';

const SOON_US = 5_000;
const LATER_US = 60_000_000;
const LONG_US = 10_000_000;

function started(context: TestContext): { alarm: Alarm; poller: Poller } {
  const alarm = new Alarm(Clock.Boottime);
  context.after(() => alarm.close());
  const poller = new Poller(1);
  poller.add(alarm.fd, PollEvent.Readable);
  return { alarm, poller };
}

test('wakes at its instant and not before', (context) => {
  const { alarm, poller } = started(context);
  assert.equal(poller.wait(0), 0, 'never set');
  const instants = Float64Array.of(boottimeUs() + SOON_US);
  alarm.setAt(instants, 0);
  assert.equal(poller.wait(LONG_US), 1);
  assert.ok(boottimeUs() >= instants[0]!);
});

test('setting it anew silences it until the next instant', (context) => {
  const { alarm, poller } = started(context);
  const instants = Float64Array.of(boottimeUs() - SOON_US, boottimeUs() + LATER_US, 0);
  alarm.setAt(instants, 0);
  assert.equal(poller.wait(LONG_US), 1, 'the instant has passed');
  alarm.setAt(instants, 1);
  assert.equal(poller.wait(0), 0);
  alarm.setAt(instants, 2);
  assert.equal(poller.wait(LONG_US), 1, 'long ago');
});

test('closes once', () => {
  const alarm = new Alarm(Clock.Monotonic);
  alarm.close();
  alarm.close();
  assert.equal(alarm.fd, -1);
});
