/**
 * Whether the adverts that were seen are those that were asked for: content by the naive decoder, and their number.
 */
import type { Seen } from '@locum/integration/capture';
import type { Advert } from '@locum/integration/naive-decoder';
import { allOf, type Check } from '../row.ts';
import { type RouterConfiguration, versionOf } from '../subjects/configuration.ts';

/** Adverts that a stretch of time may have more or fewer than intervals fit in. */
const TOLERATED_SHARE = 0.15;
const TOLERATED_COUNT = 2;

/** Each advert is well-formed, for a router of the configuration, and says what was configured. */
export function checkContent(adverts: readonly Seen<Advert>[], configuration: RouterConfiguration): Check {
  const addresses = new Map(configuration.routers.map((router) => [router.vrid, router.address]));
  for (const advert of adverts) {
    const faults = [
      advert.checksum === 'wrong' && 'a wrong checksum',
      advert.ttl !== 255 && `TTL ${advert.ttl}`,
      advert.version !== versionOf(configuration) && `version ${advert.version}`,
      advert.priority !== configuration.priority && `priority ${advert.priority}`,
      advert.intervalMs !== configuration.intervalMs && `an interval of ${advert.intervalMs} ms`,
      advert.addresses.join() !== addresses.get(advert.vrid) && `the addresses ${advert.addresses.join()}`,
    ].filter((fault) => fault !== false);
    if (faults.length > 0) return { passed: false, words: `an advert has ${faults.join(', ')}` };
  }
  return { passed: true, words: `${adverts.length} adverts decoded as configured` };
}

/** As many adverts as the stretch has intervals, more or less, for each router. */
export function checkCount(count: number, stretchMs: number, configuration: RouterConfiguration): Check {
  const expected = (stretchMs / configuration.intervalMs) * configuration.routers.length;
  const tolerated = Math.max(TOLERATED_COUNT * configuration.routers.length, expected * TOLERATED_SHARE);
  return {
    passed: Math.abs(count - expected) <= tolerated,
    words: `${count} adverts, ${expected.toFixed(0)} expected`,
  };
}

/** Content and count. */
export function checkAdverts(
  adverts: readonly Seen<Advert>[],
  stretchMs: number,
  configuration: RouterConfiguration,
): Check {
  return allOf([checkContent(adverts, configuration), checkCount(adverts.length, stretchMs, configuration)]);
}
