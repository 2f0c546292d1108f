/** Frames for tests of the TAP transport, built octet by octet. */

const BROADCAST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const ALL_NODES = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/** An ARP request for the sender's own address. */
export function gratuitousArp(mac: Uint8Array, address: Uint8Array): Uint8Array {
  return Uint8Array.of(
    ...[...BROADCAST, ...mac, 0x08, 0x06],
    ...[0, 1, 8, 0, 6, 4, 0, 1, ...mac, ...address, 0, 0, 0, 0, 0, 0, ...address],
  );
}

/** A neighbour advertisement to all nodes, without being asked. Its checksum is left out. */
export function unsolicitedAdvertisement(mac: Uint8Array, address: Uint8Array): Uint8Array {
  return Uint8Array.of(
    ...[0x33, 0x33, 0, 0, 0, 1, ...mac, 0x86, 0xdd],
    ...[0x60, 0, 0, 0, 0, 32, 58, 255, ...address, ...ALL_NODES],
    ...[136, 0, 0, 0, 0xa0, 0, 0, 0, ...address, 2, 1, ...mac],
  );
}

/** A VRRP advertisement by its protocol number, from `mac` to the group, and nonsense by its content. */
export function advert(mac: Uint8Array): Uint8Array {
  const frame = Uint8Array.of(
    ...[0x01, 0, 0x5e, 0, 0, 0x12, ...mac, 0x08, 0x00],
    ...[0x45, 0xc0, 0, 40, 0, 0, 0, 0, 255, 112, 0, 0, 192, 0, 2, 2, 224, 0, 0, 18],
    ...new Array<number>(20).fill(0),
  );
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += (frame[at]! << 8) | frame[at + 1]!;
  sum = ~((sum & 0xffff) + (sum >> 16));
  frame[24] = (sum >> 8) & 0xff;
  frame[25] = sum & 0xff;
  return frame;
}
