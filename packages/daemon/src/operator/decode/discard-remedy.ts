/**
 * What to do about a dropped or doubtful advert, for those cases where there is something to do.
 *
 * The first half of a remedy is for the network, the second for `locum decode`, whose receiver may not be the one that
 * the operator has in mind.
 */
import { Discard } from '@locum/protocol';

const remedies: Readonly<Record<number, string>> = {
  [Discard.BadDestination]:
    'If these routers use unicast, give the sender as --unicast-peer and the destination as --local.',
  [Discard.OwnAdvert]: 'The receiver here has this address; give it others with --local.',
  [Discard.BadTtl]: 'Adverts must come from the same link. For unicast peers behind routers allow it with min_ttl.',
  [Discard.BadVersion]: 'Both routers need the same vrrp_version; --versions says which are accepted here.',
  [Discard.LengthMismatch]:
    'A sender with another address family or an authentication trailer? --no-exact-length looks on.',
  [Discard.BadChecksum]:
    'Version 3 over IPv4 has two checksum forms: --checksum either accepts both. Captures of the sending host may be taken before the checksum is filled in.',
  [Discard.UnknownVrid]: 'Decode for every VRID with --vrid any, or for one with --vrid N.',
  [Discard.LocalIsOwner]: 'Only one router may have priority 255; --priority says what this one has.',
  [Discard.IntervalZero]: 'The sender must advertise an interval of at least 1 centisecond.',
  [Discard.AuthTypeMismatch]:
    'Give the password with --auth-pass or the key with --auth-ah, or configure both routers alike.',
  [Discard.AuthFailure]:
    'The password or key differs; only its first 8 octets count. --ah-rfc2402 leaves the TTL out of the signature.',
  [Discard.AhReplay]: 'An old packet sent again, or a sender that restarted; --ah-last-seq says what was heard last.',
  [Discard.AddressListMismatch]:
    'Both routers need the same virtual_ipaddress list; --addresses says what is expected here.',
  [Discard.IntervalMismatch]: 'Both routers need the same advert_int; --v2-interval says what is expected here.',
};

/** A sentence or two, or undefined where nothing can be advised. */
export function remedyOf(verdict: Discard): string | undefined {
  return remedies[verdict];
}
