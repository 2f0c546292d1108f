/**
 * What to tell people about a dropped or doubtful advert: one clause that ends the sentence "dropped an advert: ", and
 * how much detail must be asked for before it is worth a line.
 */
import { Discard, Warning } from '@locum/protocol';

export interface DiscardWords {
  readonly clause: string;
  /** How many times -D. 0: always logged. */
  readonly detail: number;
}

const words = (clause: string, detail = 0): DiscardWords => ({ clause, detail });

/** By Discard. */
export const discardWords: Readonly<Record<number, DiscardWords>> = {
  [Discard.IpTruncated]: words('the IP packet is cut short'),
  [Discard.IpBadVersion]: words('the IP version is neither 4 nor 6'),
  [Discard.IpBadChecksum]: words('the IP header checksum is wrong'),
  [Discard.IpFragment]: words('it is a fragment'),
  [Discard.IpBadProto]: words('the IP protocol is not VRRP', 2),
  [Discard.BadDestination]: words('it was sent neither to our group nor by a unicast peer to us', 1),
  [Discard.OwnAdvert]: words('its source is one of our own addresses; is there a loop, or a duplicate address?', 1),
  [Discard.BadTtl]: words('its TTL is not 255: it was routed, or forged'),
  [Discard.Truncated]: words('it is shorter than it says'),
  [Discard.BadVersion]: words('its VRRP version is not the one configured here'),
  [Discard.BadType]: words('its type is not 1 (advertisement)'),
  [Discard.LengthMismatch]: words('there are octets after the message'),
  [Discard.BadChecksum]: words('its checksum is wrong'),
  [Discard.BadVrid]: words('its VRID is 0'),
  [Discard.UnknownVrid]: words('its VRID is not configured here', 2),
  [Discard.LocalIsOwner]: words('we own the address (priority 255)'),
  [Discard.CountZero]: words('it lists no address'),
  [Discard.IntervalZero]: words('its interval is zero'),
  [Discard.FirstNotLinkLocal]: words('its first IPv6 address is not link-local'),
  [Discard.AuthTypeInvalid]: words('its authentication type is unknown'),
  [Discard.AuthTypeMismatch]: words('its authentication type is not the one configured here'),
  [Discard.AhTruncated]: words('its authentication header is cut short'),
  [Discard.AhNextHeader]: words('its authentication header does not carry VRRP'),
  [Discard.AhBadSpi]: words('its authentication header has an unexpected SPI'),
  [Discard.AuthFailure]: words('its password or signature is wrong'),
  [Discard.AhReplay]: words('its authentication sequence was seen before'),
  [Discard.AddressListMismatch]: words('its addresses are not those configured here'),
  [Discard.IntervalMismatch]: words('its interval is not the one configured here, and version 2 demands the same'),
};

/** By Warning bit. */
export const warningWords: Readonly<Record<number, DiscardWords>> = {
  [Warning.AddressListMismatch]: words('its addresses are not those configured here'),
  [Warning.IntervalMismatch]: words(
    'its interval is not the one configured here; ours follows it while we are backup',
    1,
  ),
  [Warning.ReservedNonzero]: words('its reserved bits are set', 2),
  [Warning.LocalIsOwner]: words('it comes from another router although we own the address (priority 255)'),
  [Warning.SourceNotLinkLocal]: words('its source is not a link-local address'),
  [Warning.TrailingBytes]: words('there are octets after the message', 1),
};
