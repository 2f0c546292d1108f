import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EchoClient, EchoServer } from './echo.ts';
import { ADDRESS, DEVICE, Holding } from './holding.ts';
import { skipWithoutTap } from './requirement.ts';
import { INTERFACE, until, WireSegment } from './segment.ts';

describe('death of a holder of a virtual MAC', { skip: skipWithoutTap('death of a holder') }, () => {
  test('takes device and address along, and nobody answers for the address', async () => {
    const segment = await new WireSegment(2).ready();
    const holding = new Holding(segment.a);
    try {
      await holding.ready();
      const server = new EchoServer(segment.a, ADDRESS);
      const asking = new EchoClient(segment.b, ADDRESS);
      await until(() => {
        asking.ask();
        server.poll();
        asking.poll();
        return asking.answers > 0;
      }, 'an answer');
      holding.kill();
      await until(() => segment.a.find(DEVICE) === undefined, 'the device to be gone');
      asking.poll();
      const { answers } = asking;
      // What the client sends from here on meets an interface that does not know the MAC.
      const other = new EchoClient(segment.b, segment.a.address);
      const otherServer = new EchoServer(segment.a, segment.a.address);
      await until(() => {
        asking.ask();
        other.ask();
        otherServer.poll();
        server.poll();
        other.poll();
        return other.answers >= 3;
      }, 'answers from the interface');
      asking.poll();
      assert.equal(asking.answers, answers);
      assert.deepEqual(segment.a.linkNames, [INTERFACE]);
      for (const endpoint of [server, asking, other, otherServer]) endpoint.close();
    } finally {
      holding.kill();
      segment.close();
    }
  });
});
