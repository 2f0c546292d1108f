/**
 * What the raw transport reads from the options of a port, checked before anything is opened.
 */
import type { PortOptions } from '@locum/transport';
import { TransportError } from '@locum/transport/error';
import { assembleFrameFilter } from './frame-filter.ts';

const DEFAULT_RING_FRAMES = 1024;
const LEAST_RING_FRAMES = 16;
const MOST_RING_FRAMES = 65536;

export interface RawOptions {
  /** Assembled program of the wanted protocols. */
  readonly filter: Uint8Array;
  readonly ringFrames: number;
}

/** @throws TransportError BAD_OPTION */
export function readOptions(options: PortOptions): RawOptions {
  const refuse = (message: string, hint: string): TransportError =>
    new TransportError('BAD_OPTION', `${options.interfaceName}: ${message}`, {
      operation: 'read options',
      interfaceName: options.interfaceName,
      hint,
    });
  // A port that wants no frames is one for sending.
  let ringFrames = options.filter.ipProtocols.length === 0 ? LEAST_RING_FRAMES : DEFAULT_RING_FRAMES;
  for (const [name, value] of Object.entries(options.extra ?? {})) {
    if (name !== 'ring_frames')
      throw refuse(`the raw transport has no option "${name}"`, 'The only option of the raw transport is ring_frames.');
    ringFrames = /^\d+$/.test(value) ? Number(value) : 0;
    if (ringFrames < LEAST_RING_FRAMES || ringFrames > MOST_RING_FRAMES)
      throw refuse(
        `ring_frames "${value}" is out of range`,
        `Give a whole number from ${LEAST_RING_FRAMES} to ${MOST_RING_FRAMES}.`,
      );
  }
  for (const group of options.groups)
    if (!isMulticast(group))
      throw refuse(`${group.join('.')} is no multicast group`, 'Give 4 octets from 224.0.0.0/4 or 16 from ff00::/8.');
  return { filter: frameFilter(options, refuse), ringFrames };
}

function isMulticast(group: Uint8Array): boolean {
  return (group.length === 4 && group[0]! >> 4 === 0xe) || (group.length === 16 && group[0] === 0xff);
}

function frameFilter({ filter }: PortOptions, refuse: (message: string, hint: string) => TransportError): Uint8Array {
  try {
    return assembleFrameFilter(filter.ipProtocols);
  } catch (error) {
    throw refuse(`bad filter: ${(error as Error).message}`, 'Name at most twenty protocols, each from 0 to 255.');
  }
}
