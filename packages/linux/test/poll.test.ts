import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import {
  clearEvent,
  closeDescriptor,
  createEventDescriptor,
  INTERRUPTED,
  monotonicUs,
  openProcessDescriptor,
  PollEvent,
  Poller,
  signalEvent,
} from '../src/index.ts';

describe('poller', () => {
  it('waits no shorter than it was asked to', () => {
    const poller = new Poller(1);
    for (const timeoutUs of [0, 1, 1500, 20_000]) {
      const before = monotonicUs();
      assert.equal(poller.wait(timeoutUs), 0);
      assert.ok(monotonicUs() - before >= timeoutUs);
    }
  });

  it('waits until an instant, and not at all for one that has passed', () => {
    const poller = new Poller(1);
    const deadline = monotonicUs() + 5000;
    assert.equal(poller.waitUntil(deadline), 0);
    assert.ok(monotonicUs() >= deadline);
    assert.equal(poller.waitUntil(0), 0);
  });

  it('says which slot is ready', () => {
    const poller = new Poller(2);
    const [first, second] = [createEventDescriptor(), createEventDescriptor()];
    try {
      const firstSlot = poller.add(first, PollEvent.Readable);
      const secondSlot = poller.add(second, PollEvent.Readable);
      assert.equal(poller.wait(0), 0);
      signalEvent(second);
      assert.equal(poller.wait(-1), 1);
      assert.equal(poller.ready(firstSlot), 0);
      assert.equal(poller.ready(secondSlot), PollEvent.Readable);
      clearEvent(second);
      clearEvent(second);
      assert.equal(poller.wait(0), 0);
      poller.modify(firstSlot, PollEvent.Writable);
      assert.equal(poller.wait(0), 1);
      assert.equal(poller.ready(firstSlot), PollEvent.Writable);
    } finally {
      closeDescriptor(first);
      closeDescriptor(second);
    }
  });

  it('gives a freed slot to the next, leaves the others where they are, and says when it is full', () => {
    const poller = new Poller(2);
    const descriptors = [createEventDescriptor(), createEventDescriptor(), createEventDescriptor()] as const;
    try {
      const [first, second] = [poller.add(descriptors[0], 1), poller.add(descriptors[1], 1)];
      assert.throws(() => poller.add(descriptors[2], 1), RangeError);
      for (const fd of descriptors) signalEvent(fd);
      poller.remove(first);
      assert.equal(poller.wait(0), 1);
      assert.equal(poller.ready(first), 0);
      assert.equal(poller.ready(second), PollEvent.Readable);
      assert.equal(poller.add(descriptors[2], PollEvent.Readable), first);
      assert.equal(poller.wait(0), 2);
    } finally {
      for (const fd of descriptors) closeDescriptor(fd);
    }
  });

  it('lets the caller see a signal', () => {
    const noticed = () => {};
    process.on('SIGWINCH', noticed);
    const child = spawn('sh', ['-c', `while kill -WINCH ${process.pid} 2>/dev/null; do sleep 0.05; done`]);
    try {
      const poller = new Poller(1);
      assert.equal(poller.wait(10_000_000), INTERRUPTED);
    } finally {
      child.kill();
      process.removeListener('SIGWINCH', noticed);
    }
  });

  it('hears of the end of a process', () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const fd = openProcessDescriptor(child.pid!);
    try {
      const poller = new Poller(1);
      const slot = poller.add(fd, PollEvent.Readable);
      child.kill('SIGKILL');
      // A signal of the test before may still be on its way.
      let ready = poller.wait(10_000_000);
      while (ready === INTERRUPTED) ready = poller.wait(10_000_000);
      assert.equal(ready, 1);
      assert.equal(poller.ready(slot), PollEvent.Readable);
    } finally {
      closeDescriptor(fd);
    }
  });
});
