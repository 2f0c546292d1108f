/**
 * One line of JSON for a finding: `frame`, `ok`, what is known, and further facts behind it.
 *
 * For an accepted advert the fields and their names are those of the conformance vectors' `expect`; for a dropped one
 * `error` is the vectors' code, and what the packet claims to be stands apart in `claims`.
 */
import { discardCode } from '@locum/protocol';
import type { AdvertFinding, AdvertMessage, AnnouncementFinding, Finding } from './finding.ts';

/** `file` names the capture where several are decoded in one run. No final newline. */
export function formatJsonLine(finding: Finding, file?: string): string {
  const known = finding.kind === 'advert' ? advertFields(finding) : announcementFields(finding);
  const extras = {
    at: finding.atUs === undefined ? null : finding.atUs / 1e6,
    ...(finding.vlans.length > 0 && { vlans: finding.vlans }),
    ...(finding.missingBytes > 0 && { missing_bytes: finding.missingBytes }),
    ...(file !== undefined && { file }),
  };
  return JSON.stringify({ frame: finding.frame, ...known, ...extras });
}

function advertFields(finding: AdvertFinding): object {
  const { family, vrid, message } = finding;
  const network = { kind: finding.kind, src: finding.source, dst: finding.destination, ttl: finding.ttl };
  if (finding.verdict === 0 && message !== undefined) {
    return {
      ok: true,
      family,
      ...messageFields(message, vrid),
      ...(finding.warnings.length > 0 && { warnings: finding.warnings }),
      ...network,
      ...(message.ahSequence !== undefined && { ah_sequence: message.ahSequence }),
    };
  }
  const claims = { family, ...(message === undefined ? { vrid } : messageFields(message, vrid)) };
  return { ok: false, error: discardCode(finding.verdict), ...network, ...(family !== undefined && { claims }) };
}

function messageFields(message: AdvertMessage, vrid: number | undefined): object {
  const { version, type, priority, count, addresses, checksum, checksumForm } = message;
  return {
    version,
    type,
    vrid,
    priority,
    count,
    addresses,
    checksum,
    checksum_form: checksumForm,
    ...(version === 2
      ? { auth_type: message.authType, adver_int_s: message.interval }
      : { max_adver_int_cs: message.interval, reserved: message.reserved }),
  };
}

function announcementFields(finding: AnnouncementFinding): object {
  const { ok, kind, address, mac, vrid, operation, flags, problem } = finding;
  return { ok, kind, address, mac, vrid, op: operation, ...flags, problem };
}
