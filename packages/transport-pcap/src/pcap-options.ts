/**
 * What the pcap transport reads from the options of a port, checked before anything is opened.
 */
import { type PortOptions, TransportError } from '@locum/transport';
import { assembleFrameFilter } from '@locum/transport-raw';

const DEFAULT_BUFFER_KIB = 8192;
const LEAST_BUFFER_KIB = 256;
const MOST_BUFFER_KIB = 262_144;

export interface PcapOptions {
  /** Assembled program of the wanted protocols. */
  readonly filter: Uint8Array;
  readonly bufferBytes: number;
}

/** @throws TransportError BAD_OPTION */
export function readOptions(options: PortOptions): PcapOptions {
  const refuse = (message: string, hint: string): TransportError =>
    new TransportError('BAD_OPTION', `${options.interfaceName}: ${message}`, {
      operation: 'read options',
      interfaceName: options.interfaceName,
      hint,
    });
  let bufferKib = DEFAULT_BUFFER_KIB;
  for (const [name, value] of Object.entries(options.extra ?? {})) {
    if (name !== 'buffer_kib')
      throw refuse(
        `the pcap transport has no option "${name}"`,
        'The only option of the pcap transport is buffer_kib.',
      );
    bufferKib = /^\d+$/.test(value) ? Number(value) : 0;
    if (bufferKib < LEAST_BUFFER_KIB || bufferKib > MOST_BUFFER_KIB)
      throw refuse(
        `buffer_kib "${value}" is out of range`,
        `Give a whole number from ${LEAST_BUFFER_KIB} to ${MOST_BUFFER_KIB}.`,
      );
  }
  for (const group of options.groups)
    if (!isMulticast(group))
      throw refuse(`${group.join('.')} is no multicast group`, 'Give 4 octets from 224.0.0.0/4 or 16 from ff00::/8.');
  try {
    return { filter: assembleFrameFilter(options.filter.ipProtocols), bufferBytes: bufferKib * 1024 };
  } catch (error) {
    throw refuse(`bad filter: ${(error as Error).message}`, 'Name at most twenty protocols, each from 0 to 255.');
  }
}

function isMulticast(group: Uint8Array): boolean {
  return (group.length === 4 && group[0]! >> 4 === 0xe) || (group.length === 16 && group[0] === 0xff);
}
