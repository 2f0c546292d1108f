import { test } from 'node:test';
import { runConformance } from '@locum/transport/conformance';
import { createTransport, Hub } from '../index.js';

/** Two ends of a hub of their own, and what the suite may do to it. */
function segment() {
  const hub = new Hub();
  const transport = createTransport(new Map([['hub0', hub]]));
  return {
    a: { transport, interfaceName: 'hub0', mac: Uint8Array.of(2, 0, 0, 0, 0, 1) },
    b: { transport, interfaceName: 'hub0', mac: Uint8Array.of(2, 0, 0, 0, 0, 2) },
    inject: (bytes) => hub.say(bytes),
    takeLinkFromA: () => hub.say(undefined),
    close: () => {},
  };
}

const clock = { now: () => Math.floor(performance.now() * 1000) };
runConformance({ name: 'my-medium', factory: segment, clock, test });
