/**
 * Every operation by its key, so that a process of its own can be told which to measure.
 */
import { SAMPLE_KINDS } from './advert-sample.ts';
import { capDecoding } from './cap-decoders.ts';
import { decoding, dropping, encoding, patchingPriority, patchingSequence } from './codec.ts';
import { advertising, receiving } from './engine.ts';
import type { Operation } from './operation.ts';
import { NODE_TIMER_WORK, TIMER_KINDS, TIMER_WORK } from './timers.ts';

export const ROUTER_COUNTS = [1, 255, 2040] as const;
export const TIMER_COUNTS = [1_000, 100_000, 1_000_000] as const;

/** Keys are `group/what/with what`. */
export const OPERATIONS: ReadonlyMap<string, () => Operation> = new Map([
  ...SAMPLE_KINDS.flatMap((kind): [string, () => Operation][] => [
    [`codec/decode/${kind.name}`, () => decoding(kind)],
    [`codec/encode/${kind.name}`, () => encoding(kind)],
    [`cap/decode/${kind.name}`, () => capDecoding(kind)],
  ]),
  [`codec/drop for its checksum/${SAMPLE_KINDS[1]!.name}`, () => dropping(SAMPLE_KINDS[1]!)],
  [`codec/patch the priority/${SAMPLE_KINDS[1]!.name}`, patchingPriority],
  [`codec/patch the sequence/${SAMPLE_KINDS[4]!.name}`, patchingSequence],
  ...ROUTER_COUNTS.flatMap((count): [string, () => Operation][] => [
    [`engine/advert received/${count}`, () => receiving(count)],
    [`engine/advert timer/${count}`, () => advertising(count)],
  ]),
  ...TIMER_COUNTS.flatMap((count) => [
    ...Object.entries(TIMER_WORK).flatMap(([work, make]) =>
      Object.keys(TIMER_KINDS).map((kind): [string, () => Operation] => [
        `${kind}/${work}/${count}`,
        () => make(kind, count),
      ]),
    ),
    ...Object.entries(NODE_TIMER_WORK).map(([work, make]): [string, () => Operation] => [
      `Node timers/${work}/${count}`,
      () => make(count),
    ]),
  ]),
]);
