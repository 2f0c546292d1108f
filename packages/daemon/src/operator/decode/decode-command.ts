/**
 * `locum decode`: what every advert and announcement in a capture says, and whether a router would accept it.
 */
import { readFileSync } from 'node:fs';
import type { PortProfile } from '@locum/protocol';
import { Command } from 'commander';
import { ByteSource } from '../capture-file/byte-source.ts';
import { readCapture } from '../capture-file/capture.ts';
import { type CapturedFrame, CaptureError } from '../capture-file/captured-frame.ts';
import { isKnownLinkType } from '../capture-file/link-type.ts';
import { DecodeStatus } from '../exit-status.ts';
import type { Output } from '../output.ts';
import { addDecodeOptions, type DecodeOptions, portOfOptions } from './decode-options.ts';
import type { Finding } from './finding.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { guessLink, LINK_RULES, networkOf, parseHex, type StatedNetwork } from './hex-frame.ts';
import { HumanReport } from './human-report.ts';
import { formatJsonLine } from './json-line.ts';

const ETHERNET_LINK_TYPE = 1;
const RAW_IP_LINK_TYPE = 101;

const HELP = `
FILE is a pcap or pcapng capture (Ethernet, VLAN tags, Linux cooked, raw IP, loopback), or - for standard input:
  tcpdump -i eth0 -U -w - | locum decode --vrid any -
Each advert goes through the checks of the daemon, for the receiver that the options describe; a frame is judged by
itself. Shown are VRRP adverts, gratuitous ARP and unsolicited neighbour advertisements; other frames are counted.

${LINK_RULES}

With --json each line has "frame" (its number in the capture) and "ok". An accepted advert has family, version, type,
vrid, priority, count, addresses, checksum, checksum_form, auth_type and adver_int_s (v2) or max_adver_int_cs and
reserved (v3), and warnings if any; a dropped one has "error", and what it claims to be in "claims". "kind" tells
adverts, gratuitous ARP and neighbour advertisements apart; of an announcement, "ok" says whether hosts will heed it.

Exit status: 0 decoded, whatever the verdicts; 1 no advert and no announcement found; 2 wrong options or unreadable
input.`;

/** The command; `finish` gets its exit status. */
export function decodeCommand(output: Output, finish: (status: number) => void): Command {
  const command = new Command('decode')
    .description('explain the VRRP adverts and address announcements in a capture')
    .argument('[file...]', 'captures, or - for standard input')
    .addHelpText('after', HELP);
  addDecodeOptions(command).action((files: string[], options: DecodeOptions) => finish(decode(files, options, output)));
  return command;
}

/** Runs the command and returns its exit status. */
export function decode(files: readonly string[], options: DecodeOptions, output: Output): number {
  if ((files.length === 0) === (options.hex === undefined)) {
    output.complain('locum decode: give either capture files or --hex; see locum decode --help');
    return DecodeStatus.Unusable;
  }
  const port = portOfOptions(options);
  if (typeof port === 'string') {
    output.complain(port);
    return DecodeStatus.Unusable;
  }
  if (options.hex !== undefined) return decodeHex(options.hex, options, port, output);
  const statuses = files.map((file) => decodeFile(file, options, port, output, files.length > 1));
  if (statuses.includes(DecodeStatus.Unusable)) return DecodeStatus.Unusable;
  return statuses.includes(DecodeStatus.Decoded) ? DecodeStatus.Decoded : DecodeStatus.NothingFound;
}

function decodeFile(
  file: string,
  options: DecodeOptions,
  port: PortProfile,
  output: Output,
  isOneOfSeveral: boolean,
): number {
  let source: ByteSource;
  try {
    source = ByteSource.open(file);
  } catch (error) {
    return refuse(file, error, output);
  }
  const report = new HumanReport(output);
  const strangeLinks = new Set<number>();
  let frames = 0;
  let found = 0;
  try {
    const decoder = new FrameDecoder(port);
    const sequence = readCapture(source);
    let step = sequence.next();
    for (; step.done !== true; step = sequence.next()) {
      frames++;
      if (!isKnownLinkType(step.value.linkType)) strangeLinks.add(step.value.linkType);
      const finding = decoder.decode(step.value);
      if (finding === undefined) continue;
      found++;
      if (options.json) output.print(formatJsonLine(finding, isOneOfSeveral ? file : undefined));
      else report.add(finding);
    }
    if (!options.json) output.print(report.summary(file, frames));
    if (step.value !== undefined) output.complain(`locum decode: ${file} is truncated or damaged: ${step.value}`);
  } catch (error) {
    return refuse(file, error, output);
  } finally {
    source.close();
  }
  if (strangeLinks.size > 0) {
    const types = [...strangeLinks].sort((a, b) => a - b).join(', ');
    output.complain(`locum decode: ${file} has frames of link type ${types}, which is not known here`);
  }
  return found > 0 ? DecodeStatus.Decoded : DecodeStatus.NothingFound;
}

function refuse(file: string, error: unknown, output: Output): number {
  if (error instanceof CaptureError) {
    output.complain(`locum decode: ${file}: ${error.message}. ${error.hint}`);
    return DecodeStatus.Unusable;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'you may not read it',
    EISDIR: 'it is a directory',
  };
  output.complain(`locum decode: ${file}: ${reasons[code] ?? message}`);
  return DecodeStatus.Unusable;
}

/** `-` stands for lines of standard input, one frame each; empty lines are passed over. */
function decodeHex(text: string, options: DecodeOptions, port: PortProfile, output: Output): number {
  const lines =
    text === '-'
      ? readFileSync(0, 'utf8')
          .split('\n')
          .filter((line) => line.trim() !== '')
      : [text];
  const decoder = new FrameDecoder(port);
  const report = new HumanReport(output);
  let found = 0;
  for (const [index, line] of lines.entries()) {
    const where = lines.length > 1 ? ` in line ${index + 1}` : '';
    const bytes = parseHex(line);
    const finding = typeof bytes === 'string' ? bytes : findInBytes(bytes, index + 1, options, decoder);
    if (typeof finding === 'string') {
      output.complain(`locum decode: --hex${where}: ${finding}`);
      return DecodeStatus.Unusable;
    }
    if (finding === undefined) continue;
    found++;
    if (options.json) output.print(formatJsonLine(finding));
    else report.add(finding);
  }
  if (found === 0) output.complain('locum decode: this is neither an advert nor an announcement');
  else if (!options.json && lines.length > 1) output.print(report.summary('standard input', lines.length));
  return found > 0 ? DecodeStatus.Decoded : DecodeStatus.NothingFound;
}

/** Undefined when nothing is in them, text when that cannot be told. */
function findInBytes(
  bytes: Uint8Array,
  number: number,
  options: DecodeOptions,
  decoder: FrameDecoder,
): Finding | string | undefined {
  const link = options.link === 'auto' ? guessLink(bytes) : options.link;
  if (link === 'vrrp') {
    const stated: StatedNetwork = {
      ...(options.src && { source: options.src }),
      ...(options.dst && { destination: options.dst }),
      ...(options.ttl !== undefined && { ttl: options.ttl }),
    };
    const network = networkOf(bytes, stated);
    return typeof network === 'string' ? network : { ...decoder.decodeMessage(bytes, network), frame: number };
  }
  const linkType = link === 'ethernet' ? ETHERNET_LINK_TYPE : RAW_IP_LINK_TYPE;
  const frame: CapturedFrame = { number, atUs: undefined, linkType, bytes, wireBytes: bytes.length };
  return decoder.decode(frame, true);
}
