/**
 * The engine process allocates nothing for an advert, received or sent: nothing accumulates, so nothing has to be
 * collected while a deadline waits.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { advertFrame } from '../lib/frames.ts';
import { Injector } from '../lib/injector.ts';
import { withLab } from '../lib/lab.ts';
import { MeasuredEngine } from '../lib/measured-engine.ts';
import { quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';

const ADVERTS = 20_000;
const WINDOWS = 4;
/**
 * Half of the smallest object: one for each advert is seen for sure. What happens twice a second, the looking itself, and
 * what V8 does when it compiles anew on a busy machine are spread over all adverts.
 */
const BYTES_AN_ADVERT = 6;
const WARM_UP_ADVERTS = 60_000;
const SENDERS = 100;
const RECEIVED_PER_SECOND = 10_000;
const INTERVAL = 0.01;
const DEADLINE_MS = 60_000;

async function counted(engine: MeasuredEngine, counter: 'advertisementRcvd' | 'advertisementSent'): Promise<number> {
  const { instances } = await engine.locumd.status();
  return instances.reduce((sum, { statistics }) => sum + statistics[counter], 0);
}

/**
 * Octets allocated for each advert, over several windows of {@link ADVERTS}. The compiler may come by in one or the
 * other; what an advert costs shows in all.
 */
async function bytesByAdvert(
  engine: MeasuredEngine,
  counter: 'advertisementRcvd' | 'advertisementSent',
  adverts: (count: number) => Promise<void>,
): Promise<number[]> {
  await adverts(WARM_UP_ADVERTS);
  const collections = engine.collections;
  const growths: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const [heapBefore, countBefore] = [await engine.heapUsed(), await counted(engine, counter)];
    await adverts(ADVERTS);
    const [heapAfter, countAfter] = [await engine.heapUsed(), await counted(engine, counter)];
    assert.ok(countAfter - countBefore >= ADVERTS * 0.99, `only ${countAfter - countBefore} adverts`);
    growths.push((heapAfter - heapBefore) / (countAfter - countBefore));
  }
  assert.equal(engine.collections, collections, 'garbage was collected');
  console.log(`octets for each advert: ${growths.map((growth) => growth.toFixed(2)).join(', ')}`);
  return growths;
}

describe('allocation in the engine process', requires('integration/allocation', { namespaces: true }), () => {
  it(`none for a received advert, over ${WINDOWS * ADVERTS} of them`, async () => {
    await withLab('allocation-received', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const active = await lab.addHost('active', { addresses: ['192.168.1.2/24'] });
      // So long a ring that a pause, of the engine or of the sender that then catches up, drops nothing.
      const lines = ['transport raw { ring_frames 8192 }'];
      const engine = await MeasuredEngine.start(lab, host, quickConfiguration({ interval: 1, lines }));
      const injector = new Injector(lab, active);
      const advert = { version: 3, vrid: 51, priority: 250, interval: 100, addresses: ['192.168.1.100'] } as const;
      const frame = advertFrame({ mac: active.mac, address: '192.168.1.2' }, advert);
      const growths = await bytesByAdvert(engine, 'advertisementRcvd', async (count) => {
        const before = await counted(engine, 'advertisementRcvd');
        await injector.flood([frame], RECEIVED_PER_SECOND, count / RECEIVED_PER_SECOND);
        await untilCounted(engine, 'advertisementRcvd', before + count);
      });
      assert.ok(Math.min(...growths) < BYTES_AN_ADVERT, `${growths} octets for each received advert`);
      assert.equal((await engine.locumd.status()).instances[0]!.keepalivedState, 'BACKUP');
      await engine.locumd.stop();
    });
  });

  it(`none for a sent advert, over ${WINDOWS * ADVERTS} of ${SENDERS} routers`, async () => {
    await withLab('allocation-sent', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const instances = Array.from({ length: SENDERS }, (_, index) => ({
        ...{ name: `VI_${index + 1}`, vrid: index + 1, interval: INTERVAL },
        addresses: [`10.0.${index + 1}.1/24`],
      }));
      const engine = await MeasuredEngine.start(lab, host, quickConfiguration(...instances));
      const growths = await bytesByAdvert(engine, 'advertisementSent', async (count) => {
        const before = await counted(engine, 'advertisementSent');
        await untilCounted(engine, 'advertisementSent', before + count);
      });
      assert.ok(Math.min(...growths) < BYTES_AN_ADVERT, `${growths} octets for each sent advert`);
      await engine.locumd.stop();
    });
  });
});

async function untilCounted(
  engine: MeasuredEngine,
  counter: 'advertisementRcvd' | 'advertisementSent',
  count: number,
): Promise<void> {
  const begin = performance.now();
  while ((await counted(engine, counter)) < count) {
    assert.ok(performance.now() - begin < DEADLINE_MS, `not ${count} adverts within ${DEADLINE_MS} ms`);
  }
}
