/** Each fault provably bites, in the direction and at about the rate it was given, and is the same for the same seed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenPort } from '../src/conformance/bench.ts';
import { buildProbe, IPV4_GROUP } from '../src/conformance/probe.ts';
import { createMemoryLan, type FaultOptions, type FaultyTransport, withFaults } from '../src/index.ts';
import { VirtualClock } from './memory-segment.ts';

const FRAMES = 400;

interface Outcome {
  readonly faulty: FaultyTransport;
  readonly receiver: OpenPort;
}

/** Sends probes through a faulty transport at either end and drains the receiver in virtual time. */
async function run(where: 'sender' | 'receiver', options: FaultOptions): Promise<Outcome> {
  const clock = new VirtualClock();
  const lan = createMemoryLan({ clock, queueFrames: 2048 });
  const transports = ['a', 'b'].map((interfaceName) => lan.addStation({ interfaceName }).transport);
  const faulty = withFaults(transports[where === 'sender' ? 0 : 1]!, options);
  transports[where === 'sender' ? 0 : 1] = faulty;
  const [sender, receiver] = await Promise.all(
    transports.map(async (transport, index) => {
      const interfaceName = index === 0 ? 'a' : 'b';
      const opened = new OpenPort({ transport, interfaceName }, clock);
      const portOptions = { interfaceName, filter: { ipProtocols: [112] }, groups: [IPV4_GROUP] };
      opened.port = await transport.open(portOptions, opened, clock);
      return opened;
    }),
  );
  for (let serial = 1; serial <= FRAMES; serial++) {
    const bytes = buildProbe({ medium: 'ethernet', serial });
    sender!.port.send(bytes, 0, bytes.length);
    clock.forward(10);
    receiver!.port.poll(1000);
  }
  while (faulty.nextReleaseAt !== Infinity) {
    clock.forward(faulty.nextReleaseAt - clock.now());
    sender!.port.poll(1000);
    receiver!.port.poll(1000);
  }
  receiver!.port.poll(1000);
  return { faulty, receiver: receiver! };
}

/** Far outside what a fair draw of 400 gives, far inside what a broken rate gives. */
function assertAboutHalf(count: number): void {
  assert.ok(count > FRAMES * 0.35 && count < FRAMES * 0.65, `${count} of ${FRAMES}`);
}

for (const where of ['sender', 'receiver'] as const) {
  const at = (rates: NonNullable<FaultOptions['send']>): FaultOptions =>
    where === 'sender' ? { seed: 7, send: rates } : { seed: 7, receive: rates };

  test(`loss at the ${where}`, async () => {
    const { faulty, receiver } = await run(where, at({ loss: 0.5 }));
    assertAboutHalf(faulty.counts.lost);
    assert.equal(receiver.serials.length, FRAMES - faulty.counts.lost);
  });

  test(`duplication at the ${where}`, async () => {
    const { faulty, receiver } = await run(where, at({ duplication: 0.5 }));
    assertAboutHalf(faulty.counts.duplicated);
    assert.equal(receiver.serials.length, FRAMES + faulty.counts.duplicated);
    assert.equal(new Set(receiver.serials).size, FRAMES);
  });

  test(`corruption at the ${where} flips one bit after the link header`, async () => {
    const { faulty, receiver } = await run(where, at({ corruption: 1 }));
    assert.equal(faulty.counts.corrupted, FRAMES);
    const sound = new Map(
      Array.from({ length: FRAMES }, (_, index) => {
        const bytes = buildProbe({ medium: 'ethernet', serial: index + 1 });
        return [index + 1, bytes] as const;
      }),
    );
    const known = receiver.frames.filter(({ serial }) => sound.has(serial));
    assert.ok(known.length > FRAMES / 2);
    const flips = known.map(({ serial, bytes }) => bitsThatDiffer(bytes, sound.get(serial)!));
    // A flip in the serial number itself makes the probe look like another one.
    assert.ok(flips.filter((count) => count === 1).length > FRAMES / 2);
    assert.ok(flips.every((count) => count > 0));
  });

  test(`delay at the ${where} reorders, and loses nothing`, async () => {
    const { faulty, receiver } = await run(where, at({ delay: 0.5, maxDelayUs: 100 }));
    assertAboutHalf(faulty.counts.delayed);
    assert.equal(new Set(receiver.serials).size, FRAMES);
    const ascending = [...receiver.serials].sort((left, right) => left - right);
    assert.notDeepEqual(receiver.serials, ascending);
    const stamps = receiver.frames.map((frame) => frame.at);
    assert.deepEqual(
      stamps,
      [...stamps].sort((left, right) => left - right),
    );
  });

  test(`a one-way cable at the ${where}`, async () => {
    const { receiver } = await run(where, at({ loss: 1 }));
    assert.deepEqual(receiver.serials, []);
    const other = where === 'sender' ? { seed: 7, receive: { loss: 1 } } : { seed: 7, send: { loss: 1 } };
    assert.equal((await run(where, other)).receiver.serials.length, FRAMES);
  });
}

test('equal seeds give equal faults, other seeds others', async () => {
  const rates = { loss: 0.2, duplication: 0.2, corruption: 0.2, delay: 0.2, maxDelayUs: 200 };
  const trail = async (seed: number) =>
    (await run('receiver', { seed, receive: rates })).receiver.frames.map(({ at, bytes }) => [at, bytes.join()]);
  const first = await trail(1);
  assert.deepEqual(await trail(1), first);
  assert.notDeepEqual(await trail(2), first);
});

test('rates may be changed while a port is open', async () => {
  const clock = new VirtualClock();
  const lan = createMemoryLan({ clock });
  const faulty = withFaults(lan.addStation({ interfaceName: 'a' }).transport, { seed: 1, receive: { loss: 1 } });
  const opened = new OpenPort({ transport: faulty, interfaceName: 'a' }, clock);
  opened.port = await faulty.open(
    { interfaceName: 'a', filter: { ipProtocols: [112] }, groups: [IPV4_GROUP] },
    opened,
    clock,
  );
  lan.inject(buildProbe({ medium: 'ethernet', serial: 1 }));
  opened.port.poll(10);
  faulty.receive.loss = 0;
  lan.inject(buildProbe({ medium: 'ethernet', serial: 2 }));
  opened.port.poll(10);
  assert.deepEqual(opened.serials, [2]);
});

function bitsThatDiffer(left: Uint8Array, right: Uint8Array): number {
  let count = 0;
  left.forEach((octet, index) => {
    for (let bits = octet ^ right[index]!; bits !== 0; bits &= bits - 1) count += 1;
  });
  return count;
}
