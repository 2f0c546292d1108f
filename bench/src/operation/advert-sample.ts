/**
 * Adverts that codecs are measured with: sixty-four routers' of one kind, so that neither a branch predictor nor a
 * compiler knows the next one by heart. The C yardstick is fed with the same octets.
 */
import {
  AdvertisementFields,
  AuthType,
  ChecksumCoverage,
  groupMac,
  PortProfile,
  packAddresses,
  parseAddress,
  RouterProfile,
  writeAdvertisementFrame,
} from '@locum/protocol';

export const SAMPLE_COUNT = 64;
const FRAME_BYTES = 1514;
const KEY = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

export interface SampleKind {
  readonly name: string;
  readonly family: 4 | 6;
  readonly version: 2 | 3;
  readonly addressCount: number;
  readonly authentication?: 'ah';
}

/** The kinds, by the words that rows have for them. */
export const SAMPLE_KINDS: readonly SampleKind[] = [
  { name: 'v2, IPv4', family: 4, version: 2, addressCount: 1 },
  { name: 'v3, IPv4', family: 4, version: 3, addressCount: 1 },
  { name: 'v3, IPv4, 20 addresses', family: 4, version: 3, addressCount: 20 },
  { name: 'v3, IPv6', family: 6, version: 3, addressCount: 2 },
  { name: 'v2, IPv4, AH', family: 4, version: 2, addressCount: 1, authentication: 'ah' },
];

export interface Sample {
  readonly fields: readonly AdvertisementFields[];
  /** All frames, one after the other. */
  readonly bytes: Uint8Array;
  /** Where each begins, and where the last one ends. */
  readonly bounds: readonly number[];
}

export function makeSample(kind: SampleKind): Sample {
  const fields = Array.from({ length: SAMPLE_COUNT }, (_, index) => fieldsOf(kind, index));
  const bytes = new Uint8Array(SAMPLE_COUNT * FRAME_BYTES);
  const bounds = [0];
  for (const one of fields) bounds.push(writeAdvertisementFrame(bytes, bounds.at(-1)!, one));
  return { fields, bytes: bytes.slice(0, bounds.at(-1)!), bounds };
}

/** A port whose routers expect exactly these adverts: every check of the receive ladder has something to compare. */
export function portFor(kind: SampleKind, sample: Sample): PortProfile {
  const port = new PortProfile();
  port.setLocalAddresses([address(kind.family === 4 ? '192.0.2.2' : 'fe80::2')]);
  for (const { vrid, addresses } of sample.fields) {
    const router = new RouterProfile(kind.family, vrid);
    const length = kind.family === 4 ? 4 : 16;
    const list = Array.from({ length: kind.addressCount }, (_, index) =>
      addresses.slice(index * length, (index + 1) * length),
    );
    router.setAddresses(list);
    router.checkAddressList = true;
    if (kind.authentication === 'ah') router.setAuthentication({ type: 'ah', key: KEY });
    port.add(router);
  }
  return port;
}

function fieldsOf(kind: SampleKind, index: number): AdvertisementFields {
  const fields = new AdvertisementFields();
  const isIpv4 = kind.family === 4;
  fields.family = kind.family;
  fields.version = kind.version;
  fields.vrid = index + 1;
  fields.priority = 1 + ((index * 37) % 254);
  fields.interval = kind.version === 2 ? 1 : 100;
  fields.source = address(isIpv4 ? '192.0.2.1' : 'fe80::1');
  fields.destination = address(isIpv4 ? '224.0.0.18' : 'ff02::12');
  fields.sourceMac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  fields.destinationMac = groupMac(fields.destination);
  fields.checksumForm = ChecksumCoverage.PseudoHeader;
  fields.addresses = packAddresses(
    Array.from({ length: kind.addressCount }, (_, position) =>
      address(isIpv4 ? `198.51.${index}.${position + 1}` : `${position === 0 ? 'fe80' : '2001:db8'}::${index}:5`),
    ),
  );
  if (kind.authentication === 'ah') {
    fields.authType = AuthType.Ah;
    fields.hmacKey.set(KEY);
    // Above 2^31, where numbers cost more.
    fields.ahSequence = 3_000_000_000 + index;
  }
  return fields;
}

function address(text: string): Uint8Array {
  const octets = parseAddress(text);
  if (octets === undefined) throw new Error(`not an address: ${text}`);
  return octets;
}
