/**
 * What `locum decode` found in one frame: an advert with its verdict, or an announcement of an address.
 */
import type { Discard } from '@locum/protocol';

interface FrameFacts {
  /** 1 for the first frame of the capture. */
  readonly frame: number;
  readonly atUs: number | undefined;
  /** VLAN ids, outermost first. */
  readonly vlans: readonly number[];
  /** Octets missing at the end because the capture kept only the beginning of the frame. */
  readonly missingBytes: number;
}

/** What an advert says, as far as the ladder has read it. Of a dropped one nothing is certain. */
export interface AdvertMessage {
  readonly version: number;
  readonly type: number;
  /** 0..255. */
  readonly priority: number;
  readonly count: number;
  /** Undefined when the message is not long enough to hold them. */
  readonly addresses: readonly string[] | undefined;
  readonly checksum: number;
  /** Undefined when no accepted form verified. */
  readonly checksumForm: 'msg' | 'pseudo' | undefined;
  /** The field as sent: v2 seconds, v3 centiseconds. */
  readonly interval: number;
  /** v2. */
  readonly authType: number;
  /** v3. */
  readonly reserved: number;
  readonly ahSequence: number | undefined;
}

export interface AdvertFinding extends FrameFacts {
  readonly kind: 'advert';
  readonly verdict: Discard;
  /** Undefined where the IP version could not be read. */
  readonly family: 'ipv4' | 'ipv6' | undefined;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly ttl: number | undefined;
  /** Read ahead of everything else, so often known when `message` is not. */
  readonly vrid: number | undefined;
  readonly message: AdvertMessage | undefined;
  /** Codes of `warningCodes`; empty unless accepted. */
  readonly warnings: readonly string[];
}

export interface AnnouncementFinding extends FrameFacts {
  readonly kind: 'gratuitous-arp' | 'neighbor-advertisement';
  /** Whether hosts that know the address will now send to `mac`. */
  readonly ok: boolean;
  /** What is wrong or unusual, as a clause. */
  readonly problem: string | undefined;
  readonly address: string | undefined;
  readonly mac: string | undefined;
  /** The VRID whose virtual MAC `mac` is. */
  readonly vrid: number | undefined;
  /** Gratuitous ARP only. */
  readonly operation: 'request' | 'reply' | undefined;
  /** Neighbour advertisement only. */
  readonly flags: { readonly router: boolean; readonly override: boolean } | undefined;
}

export type Finding = AdvertFinding | AnnouncementFinding;
