/**
 * The program behind `capture.ts`: records in its own process, so that it shares no thread with what is tested or
 * with the judge. Arguments: file, indexes of the bridges with commas between, `echo` where ping is to be reported as well, and `deferred`
 * where nothing is to be reported before the end.
 *
 * Everything goes into the file. On the standard output go records: octets of the frame u32, interface index u32,
 * wall-clock microseconds f64, the frame; the first record is empty and says that recording has begun, the last has
 * an interface index of all ones and the number of dropped frames in the place of the time.
 */
import { writeSync } from 'node:fs';
import { PollEvent, Poller } from '@locum/linux';
import { END_OF_CAPTURE, RECORD_HEADER_BYTES } from './capture.ts';
import { PacketRing } from './packet-ring.ts';
import { PcapFile } from './pcap-file.ts';

/** Timestamps are the kernel's, so there is no hurry: fewer wake-ups disturb the tested programs less. */
const GATHER_US = 4000;
/** What comes while nothing is looked at until the end, or while this process gets no processor. */
const DEFERRED_SLOT_COUNT = 32_768;
const INPUT = 0;
const OUTPUT = 1;

const [path = '', bridges = '', ...words] = process.argv.slice(2);
const echo = words.includes('echo');
/** Records that wait for the end. */
const deferred: Buffer[] | undefined = words.includes('deferred') ? [] : undefined;
// A bridge hands frames for all once more to itself.
const ring = new PacketRing(bridges.split(',').map(Number), deferred === undefined ? undefined : DEFERRED_SLOT_COUNT);
const file = new PcapFile(path);
const poller = new Poller(2);
poller.add(ring.fd, PollEvent.Readable);
const ended = new Poller(1);
poller.add(INPUT, PollEvent.Readable);
const endSlot = ended.add(INPUT, PollEvent.Readable);

put(recordOf(0, 0, new Uint8Array(0)));
for (;;) {
  poller.wait(-1);
  ended.wait(GATHER_US);
  const last = ended.ready(endSlot) !== 0;
  drain();
  if (last) break;
}
file.close();
deferred?.forEach(put);
put(recordOf(END_OF_CAPTURE, ring.dropped(), new Uint8Array(0)));
ring.close();

function drain(): void {
  ring.drain((frame) => {
    file.add(frame.seconds, frame.nanoseconds, frame.bytes, frame.wireBytes);
    if (echo || !isEcho(frame.bytes)) {
      const record = recordOf(frame.interfaceIndex, frame.seconds * 1e6 + frame.nanoseconds / 1e3, frame.bytes);
      if (deferred === undefined) put(record);
      else deferred.push(record);
    }
  });
  file.flush();
}

/** ICMP echo or its reply, without options; ICMPv6 alike. */
function isEcho(bytes: Uint8Array): boolean {
  if (bytes[12] === 0x08 && bytes[23] === 1) return bytes[34] === 0 || bytes[34] === 8;
  return bytes[12] === 0x86 && bytes[20] === 58 && (bytes[54] === 128 || bytes[54] === 129);
}

function recordOf(interfaceIndex: number, atUs: number, bytes: Uint8Array): Buffer {
  const record = Buffer.alloc(RECORD_HEADER_BYTES + bytes.length);
  record.writeUInt32LE(bytes.length, 0);
  record.writeUInt32LE(interfaceIndex, 4);
  record.writeDoubleLE(atUs, 8);
  record.set(bytes, RECORD_HEADER_BYTES);
  return record;
}

function put(record: Buffer): void {
  for (let written = 0; written < record.length; ) written += writeSync(OUTPUT, record, written);
}
