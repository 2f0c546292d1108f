/** A reception in the words of the vectors, for comparison in tests. */
import {
  ChecksumCoverage,
  Discard,
  discardCode,
  formatAddress,
  type Reception,
  warningCodes,
} from '../../src/index.ts';
import type { Expectation } from './vectors.ts';

export function describeReception(bytes: Uint8Array, verdict: Discard, out: Reception): Expectation {
  if (verdict !== Discard.None) return { ok: false, error: discardCode(verdict) };
  const addresses: string[] = [];
  for (let index = 0; index < out.count; index++) {
    addresses.push(formatAddress(bytes, out.addressesStart + index * out.addressLength, out.addressLength));
  }
  return {
    ok: true,
    family: out.family === 4 ? 'ipv4' : 'ipv6',
    version: out.version,
    type: out.type,
    vrid: out.vrid,
    priority: out.priority,
    count: out.count,
    addresses,
    checksum: out.checksum,
    checksum_form: out.checksumForm === ChecksumCoverage.Message ? 'msg' : 'pseudo',
    ...(out.version === 2
      ? { auth_type: out.authType, adver_int_s: out.interval }
      : { max_adver_int_cs: out.interval, reserved: out.reserved }),
    ...(out.warnings === 0 ? {} : { warnings: warningCodes(out.warnings) }),
  };
}
