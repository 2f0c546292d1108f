/**
 * Findings for people: one line a frame, the remedy at the first of each kind of trouble, a summary at the end.
 */
import { Discard, discardCode, Warning, warningCodes } from '@locum/protocol';
import { discardWords, warningWords } from '../../supervisor/discard-words.ts';
import { counted, type Output, type Palette } from '../output.ts';
import { remedyOf } from './discard-remedy.ts';
import type { AdvertFinding, AnnouncementFinding, Finding } from './finding.ts';

const LONGEST_ADDRESS_LIST = 4;

export class HumanReport {
  readonly #output: Output;
  readonly #explained = new Set<string>();
  readonly #dropped = new Map<string, number>();
  #adverts = 0;
  #accepted = 0;
  #announcements = { 'gratuitous-arp': 0, 'neighbor-advertisement': 0 };

  constructor(output: Output) {
    this.#output = output;
  }

  add(finding: Finding): void {
    if (finding.kind === 'advert') this.#addAdvert(finding);
    else this.#addAnnouncement(finding);
  }

  /** One line about all frames since the start; `frames` is how many the capture had, `end` why it ended early. */
  summary(name: string, frames: number): string {
    const { 'gratuitous-arp': arps, 'neighbor-advertisement': neighbors } = this.#announcements;
    const others = frames - this.#adverts - arps - neighbors;
    const parts = [counted(this.#adverts, 'advert')];
    if (this.#adverts > 0) {
      const dropped = [...this.#dropped].map(([code, count]) => `${count} ${code}`).join(', ');
      parts[0] += ` (${this.#accepted} accepted${dropped === '' ? '' : `, dropped: ${dropped}`})`;
    }
    if (arps > 0) parts.push(counted(arps, 'gratuitous ARP'));
    if (neighbors > 0) parts.push(counted(neighbors, 'unsolicited neighbour advertisement'));
    if (others > 0) parts.push(`${counted(others, 'other frame')} not shown`);
    return `${name}: ${counted(frames, 'frame')}: ${parts.join(', ')}`;
  }

  #addAdvert(finding: AdvertFinding): void {
    const { palette } = this.#output;
    this.#adverts++;
    const parts = [heading(finding, palette), ...network(finding), describeAdvert(finding)];
    const remarks: string[] = [];
    if (finding.verdict === Discard.None) {
      this.#accepted++;
      parts.push(palette.good('accepted'));
      for (const bit of Object.values(Warning)) {
        const [code] = warningCodes(bit);
        if (!finding.warnings.includes(code!)) continue;
        parts.push(palette.doubtful(code!));
        this.#explainOnce(remarks, `warning ${code}`, `${warningWords[bit]?.clause}`);
      }
    } else {
      const code = discardCode(finding.verdict);
      this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + 1);
      parts.push(palette.bad(`dropped ${code}`));
      const clause = discardWords[finding.verdict]?.clause ?? code;
      const remedy = remedyOf(finding.verdict);
      this.#explainOnce(remarks, code, remedy === undefined ? clause : `${clause}. ${remedy}`);
    }
    if (finding.missingBytes > 0) {
      const missing = counted(finding.missingBytes, 'octet');
      this.#explainOnce(
        remarks,
        'cut',
        `the capture left out the last ${missing}; capture whole frames with tcpdump -s 0`,
      );
    }
    this.#output.print([parts.join('  '), ...remarks.map((remark) => `        ${remark}`)].join('\n'));
  }

  #addAnnouncement(finding: AnnouncementFinding): void {
    const { palette } = this.#output;
    this.#announcements[finding.kind]++;
    const name = finding.kind === 'gratuitous-arp' ? `gratuitous ARP ${finding.operation}` : 'neighbour advertisement';
    const where = finding.mac === undefined ? '' : ` is at ${finding.mac}`;
    const vrid = finding.vrid === undefined ? '' : ` (virtual MAC of VRID ${finding.vrid})`;
    const flags = finding.flags?.router === true ? ', from a router' : '';
    const problem = finding.problem === undefined ? [] : [palette[finding.ok ? 'doubtful' : 'bad'](finding.problem)];
    const what = `${name}: ${finding.address ?? 'no address'}${where}${vrid}${flags}`;
    this.#output.print([heading(finding, palette), what, ...problem].join('  '));
  }

  #explainOnce(remarks: string[], key: string, text: string): void {
    if (this.#explained.has(key)) return;
    this.#explained.add(key);
    remarks.push(text);
  }
}

function heading(finding: Finding, palette: Palette): string {
  const vlans = finding.vlans.length === 0 ? '' : `  vlan ${finding.vlans.join('.')}`;
  const time = finding.atUs === undefined ? '' : ` ${palette.faint(timeOfDay(finding.atUs))}`;
  return `${String(finding.frame).padStart(6)}${time}${vlans}`;
}

/** UTC, to the microsecond. */
function timeOfDay(atUs: number): string {
  const ofDay = ((atUs % 86_400e6) + 86_400e6) % 86_400e6;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const fraction = String(Math.floor(ofDay % 1e6)).padStart(6, '0');
  return `${two(ofDay / 3_600e6)}:${two((ofDay / 60e6) % 60)}:${two((ofDay / 1e6) % 60)}.${fraction}`;
}

function network(finding: AdvertFinding): string[] {
  return finding.source === undefined ? [] : [`${finding.source} > ${finding.destination} ttl ${finding.ttl}`];
}

function describeAdvert(finding: AdvertFinding): string {
  const { vrid, message } = finding;
  const id = vrid === undefined ? '' : ` VRID ${vrid}`;
  if (message === undefined) return `VRRP${id}`;
  const interval = message.version === 2 ? message.interval : message.interval / 100;
  const form = message.version === 3 && finding.family === 'ipv4' ? checksumNote(message.checksumForm) : '';
  return `VRRPv${message.version}${id} priority ${priorityText(message.priority)}, every ${interval} s${form}: ${list(message.addresses)}`;
}

function checksumNote(form: 'msg' | 'pseudo' | undefined): string {
  if (form === undefined) return '';
  return form === 'msg' ? ', checksum of the message' : ', checksum with pseudo-header';
}

function priorityText(priority: number): string {
  if (priority === 0) return '0 (resigns)';
  return priority === 255 ? '255 (owner)' : String(priority);
}

function list(addresses: readonly string[] | undefined): string {
  if (addresses === undefined) return 'addresses not readable';
  if (addresses.length === 0) return 'no address';
  const shown = addresses.slice(0, LONGEST_ADDRESS_LIST).join(' ');
  const left = addresses.length - LONGEST_ADDRESS_LIST;
  return left > 0 ? `${shown} and ${left} more` : shown;
}
