/**
 * One record of a capture, and how reading a capture can end.
 */

/** A frame as it stands in the capture. The octets belong to the receiver. */
export interface CapturedFrame {
  /** 1 for the first frame of the capture. */
  readonly number: number;
  /** Microseconds since 1970, rounded to the nearest; undefined where the capture has no time. */
  readonly atUs: number | undefined;
  /** LINKTYPE_ number of the tcpdump registry. */
  readonly linkType: number;
  readonly bytes: Uint8Array;
  /** Length on the wire; more than `bytes.length` when the capture kept only the beginning. */
  readonly wireBytes: number;
}

/**
 * What a reader returns after the last frame: undefined at an orderly end, else why it stopped early, as a clause such
 * as "it ends inside frame 12".
 */
export type CaptureEnd = string | undefined;

export type FrameSequence = Generator<CapturedFrame, CaptureEnd>;

/** The file is not a capture that can be read at all. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly code: 'NOT_A_CAPTURE' | 'UNSUPPORTED_CAPTURE';
  readonly hint: string;

  constructor(code: CaptureError['code'], message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Longest record that is believed; Linux delivers at most 256 KiB. */
export const LONGEST_RECORD_BYTES = 16 * 1024 * 1024;
