import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { monotonicUs, nodeLoop, Poller } from '@locum/linux';
import { EventLoop } from '../../src/engine-process/event-loop.ts';

const LONG_US = 5_000_000;
/** For what must happen long before the end of a long sleep. */
const SOON_US = 2_000_000;

interface Stage {
  readonly poller: Poller;
  readonly eventLoop: EventLoop;
  /** One round of a reactor: sleeps for a long time at most, and gives a turn where one is wanted. */
  round(): Promise<void>;
}

async function watched(action: (stage: Stage) => Promise<void>, blind = false): Promise<void> {
  const poller = new Poller(4);
  const eventLoop = new EventLoop(poller, blind ? undefined : nodeLoop());
  eventLoop.watch(true);
  const round = async (): Promise<void> => {
    poller.wait(eventLoop.limitUs(LONG_US));
    if (eventLoop.wantsTurn()) await eventLoop.turn();
  };
  try {
    await action({ poller, eventLoop, round });
  } finally {
    eventLoop.watch(false);
  }
}

async function withSocket(action: (socket: Socket, port: number) => Promise<void>): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    await action(socket, (socket.address() as AddressInfo).port);
  } finally {
    socket.close();
  }
}

async function untilSoon(stage: Stage, predicate: () => boolean): Promise<void> {
  const giveUpAt = monotonicUs() + SOON_US;
  while (!predicate()) {
    assert.ok(monotonicUs() < giveUpAt, 'it came late or not at all');
    await stage.round();
  }
}

describe('EventLoop', () => {
  it('can be watched with this Node', () => {
    assert.ok(nodeLoop() !== undefined);
  });

  for (const blind of [false, true]) {
    const how = blind ? 'unseen' : 'watched';

    it(`hears a socket while the thread sleeps (${how})`, () =>
      watched(
        (stage) =>
          withSocket(async (socket, port) => {
            const heard: string[] = [];
            socket.on('message', (message) => heard.push(message.toString()));
            socket.connect(port, '127.0.0.1');
            await once(socket, 'connect');
            for (let count = 0; count < 20; count++) {
              socket.send(`${count}`);
              await untilSoon(stage, () => heard.length > count);
            }
            assert.deepEqual(
              heard,
              Array.from({ length: 20 }, (_, count) => `${count}`),
            );
          }),
        blind,
      ));

    it(`keeps timers and immediates (${how})`, () =>
      watched(async (stage) => {
        const fired: string[] = [];
        setTimeout(() => {
          fired.push('timer');
          setImmediate(() => fired.push('immediate'));
        }, 20);
        setTimeout(() => fired.push('timer without a reference'), 40).unref();
        await untilSoon(stage, () => fired.length === 3);
        assert.deepEqual(fired, ['timer', 'immediate', 'timer without a reference']);
      }, blind));
  }

  it('hears a socket that was opened within the round', () =>
    watched(async (stage) => {
      const socket = createSocket('udp4');
      let heard = false;
      socket.on('message', () => {
        heard = true;
      });
      socket.bind(0, '127.0.0.1', () => {
        const { port } = socket.address();
        socket.connect(port, '127.0.0.1', () => socket.send('x'));
      });
      await stage.eventLoop.turn();
      await untilSoon(stage, () => heard);
      socket.close();
    }));

  it('hears what has arrived before the turn ends, whatever else was ready', () =>
    watched((stage) =>
      withSocket(async (socket, port) => {
        let heard = 0;
        socket.on('message', () => heard++);
        const sender = createSocket('udp4');
        sender.connect(port, '127.0.0.1');
        await once(sender, 'connect');
        for (let count = 1; count <= 50; count++) {
          // A turn for another reason puts the loop's own descriptors in front of the socket.
          await stage.eventLoop.turn();
          sender.send('x');
          stage.poller.wait(LONG_US);
          assert.ok(stage.eventLoop.wantsTurn());
          await stage.eventLoop.turn();
          assert.equal(heard, count);
        }
        sender.close();
      }),
    ));

  it('lets the reactor sleep while nothing happens', () =>
    watched(async ({ poller, eventLoop }) => {
      // What the test runner has under way ends first.
      for (let count = 0; count < 10; count++) await eventLoop.turn();
      await assert.doesNotReject(async () => {
        for (let count = 0; count < 100 && eventLoop.limitUs(LONG_US) < 1000; count++) await eventLoop.turn();
      });
      assert.ok(eventLoop.limitUs(LONG_US) >= 1000, 'the loop wants turns without end');
      assert.equal(poller.wait(0), 0);
    }));
});
