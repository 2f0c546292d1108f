/**
 * The codec: judging a received advert with every check, writing one, patching one that was written before.
 *
 * What a batch returns is a hash of everything that was decoded or written. It is compared with one that is made from
 * the values that the adverts were built from, and, for C, with what the same octets gave there.
 */
import {
  AdvertisementFields,
  Discard,
  Link,
  patchAhSequenceFrom,
  patchPriority,
  Reception,
  receive,
  writeAdvertisementFrame,
} from '@locum/protocol';
import { makeSample, portFor, SAMPLE_COUNT, SAMPLE_KINDS, type Sample, type SampleKind } from './advert-sample.ts';
import type { Operation } from './operation.ts';

/** How often a batch goes through a sample. */
export const ROUNDS = 32;
const BATCH_SIZE = ROUNDS * SAMPLE_COUNT;
const PACKET_START = 14;
const PRIORITY_AT = PACKET_START + 20 + 2;
const ICV_END_AT = PACKET_START + 20 + 23;
/** Above 2^31, where numbers cost more. */
const FIRST_SEQUENCE = 3_000_000_000;

/** One step of the hash, in the arithmetic of 32 bits that C has as well. */
function mix(hash: number, value: number): number {
  return (hash * 31 + value) | 0;
}

/** The hash of one batch of decoding, from what the adverts were made of. */
export function decodedHash(sample: Sample): number {
  let hash = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const { vrid, priority, interval, addresses, family } of sample.fields) {
      hash = mix(mix(mix(mix(hash, vrid), priority), interval), addresses.length / (family === 4 ? 4 : 16));
    }
  }
  return hash;
}

/** The hash of one batch of encoding, from the adverts themselves: length and last octet of each. */
export function encodedHash({ bytes, bounds }: Sample): number {
  let hash = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let index = 0; index < SAMPLE_COUNT; index++) {
      const end = bounds[index + 1]!;
      hash = mix(mix(hash, end - bounds[index]!), bytes[end - 1]!);
    }
  }
  return hash;
}

export function decoding(kind: SampleKind): Operation {
  const sample = makeSample(kind);
  const port = portFor(kind, sample);
  const out = new Reception();
  const { bytes } = sample;
  const bounds = Int32Array.from(sample.bounds);
  return {
    batchSize: BATCH_SIZE,
    batch: () => {
      let hash = 0;
      for (let round = 0; round < ROUNDS; round++) {
        for (let index = 0; index < SAMPLE_COUNT; index++) {
          const verdict = receive(bytes, bounds[index]!, bounds[index + 1]!, Link.Ethernet, port, out);
          if (verdict !== Discard.None) return verdict;
          hash = mix(mix(mix(mix(hash, out.vrid), out.priority), out.interval), out.count);
        }
      }
      return hash;
    },
    faultOf: comparison(decodedHash(sample)),
  };
}

/** Every advert has one wrong bit in its last octet: the work ends at the checksum. */
export function dropping(kind: SampleKind): Operation {
  const sample = makeSample(kind);
  const port = portFor(kind, sample);
  const out = new Reception();
  const { bytes } = sample;
  const bounds = Int32Array.from(sample.bounds);
  for (const end of sample.bounds.slice(1)) bytes[end - 1]! ^= 1;
  return {
    batchSize: BATCH_SIZE,
    batch: () => {
      let dropped = 0;
      for (let round = 0; round < ROUNDS; round++) {
        for (let index = 0; index < SAMPLE_COUNT; index++) {
          const verdict = receive(bytes, bounds[index]!, bounds[index + 1]!, Link.Ethernet, port, out);
          if (verdict === Discard.BadChecksum) dropped++;
        }
      }
      return dropped;
    },
    faultOf: comparison(BATCH_SIZE),
  };
}

export function encoding(kind: SampleKind): Operation {
  const sample = makeSample(kind);
  const { fields } = sample;
  const bytes = new Uint8Array(1514);
  return {
    batchSize: BATCH_SIZE,
    batch: () => {
      let hash = 0;
      for (let round = 0; round < ROUNDS; round++) {
        for (let index = 0; index < SAMPLE_COUNT; index++) {
          const end = writeAdvertisementFrame(bytes, 0, fields[index]!);
          hash = mix(mix(hash, end), bytes[end - 1]!);
        }
      }
      return hash;
    },
    faultOf: comparison(encodedHash(sample)),
  };
}

export function patchingPriority(): Operation {
  const [fields] = makeSample(SAMPLE_KINDS[1]!).fields;
  const bytes = new Uint8Array(1514);
  const end = writeAdvertisementFrame(bytes, 0, fields!);
  let expected = 0;
  const again = Object.assign(new AdvertisementFields(), fields);
  for (let round = 0; round < BATCH_SIZE; round++) {
    again.priority = round & 0xff;
    writeAdvertisementFrame(bytes, 0, again);
    expected = mix(mix(expected, bytes[PRIORITY_AT]!), bytes[PRIORITY_AT + 5]!);
  }
  return {
    batchSize: BATCH_SIZE,
    batch: () => {
      let hash = 0;
      for (let round = 0; round < BATCH_SIZE; round++) {
        patchPriority(bytes, PACKET_START, fields!, round & 0xff);
        hash = mix(mix(hash, bytes[PRIORITY_AT]!), bytes[PRIORITY_AT + 5]!);
      }
      return hash;
    },
    faultOf: comparison(expected),
    finalFault: () => (bytes.subarray(end).some((octet) => octet !== 0) ? 'wrote behind the end' : ''),
  };
}

export function patchingSequence(): Operation {
  const [fields] = makeSample(SAMPLE_KINDS[4]!).fields;
  const bytes = new Uint8Array(1514);
  writeAdvertisementFrame(bytes, 0, fields!);
  const sequence = new Float64Array(1);
  let expected = 0;
  const again = Object.assign(new AdvertisementFields(), fields);
  for (let round = 0; round < BATCH_SIZE; round++) {
    again.ahSequence = FIRST_SEQUENCE + round;
    writeAdvertisementFrame(bytes, 0, again);
    expected = mix(expected, bytes[ICV_END_AT]!);
  }
  return {
    batchSize: BATCH_SIZE,
    batch: () => {
      let hash = 0;
      for (let round = 0; round < BATCH_SIZE; round++) {
        sequence[0] = FIRST_SEQUENCE + round;
        patchAhSequenceFrom(bytes, PACKET_START, fields!, sequence, 0);
        hash = mix(hash, bytes[ICV_END_AT]!);
      }
      return hash;
    },
    faultOf: comparison(expected),
  };
}

function comparison(expected: number): (outcome: number) => string {
  return (outcome) => (outcome === expected ? '' : `the work comes to ${outcome}, not ${expected}`);
}
