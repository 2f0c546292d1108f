/**
 * The decoders of the npm package `cap`, where it is installed: Ethernet and the IP header; VRRP they do not know.
 */
import { createRequire } from 'node:module';
import { makeSample, SAMPLE_COUNT, type SampleKind } from './advert-sample.ts';
import type { Operation } from './operation.ts';

const ROUNDS = 32;
const VRRP = 112;

interface Decoded {
  readonly info: { readonly protocol?: number; readonly srcaddr?: string };
  readonly offset: number;
}

interface Decoders {
  Ethernet(bytes: Buffer): Decoded;
  IPV4(bytes: Buffer, offset: number): Decoded;
  IPV6(bytes: Buffer, offset: number): Decoded;
}

/** It is an optional dependency of the transport that uses it. */
const require = createRequire(import.meta.resolve('@locum/transport-pcap'));

/** Why it cannot be measured; undefined when it can. */
export function capLack(): string | undefined {
  try {
    require('cap');
    return undefined;
  } catch {
    return 'the package cap is not installed, or not compiled; apt install libpcap-dev g++ make python3, npx pnpm@10 rebuild cap';
  }
}

export function capDecoding(kind: SampleKind): Operation {
  const { decoders } = require('cap') as { decoders: Decoders };
  const { bytes, bounds } = makeSample(kind);
  const frames = Array.from({ length: SAMPLE_COUNT }, (_, index) =>
    Buffer.from(bytes.slice(bounds[index]!, bounds[index + 1]!)),
  );
  const batchSize = ROUNDS * SAMPLE_COUNT;
  return {
    batchSize,
    batch: () => {
      let recognized = 0;
      for (let round = 0; round < ROUNDS; round++) {
        for (const frame of frames) {
          const { offset } = decoders.Ethernet(frame);
          const packet = kind.family === 4 ? decoders.IPV4(frame, offset) : decoders.IPV6(frame, offset);
          if (packet.info.protocol === VRRP && packet.info.srcaddr !== '') recognized++;
        }
      }
      return recognized;
    },
    faultOf: (recognized) => (recognized === batchSize ? '' : `${recognized} packets recognized of ${batchSize}`),
  };
}
