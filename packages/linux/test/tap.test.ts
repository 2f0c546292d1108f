import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, test } from 'node:test';
import {
  addPacketMembership,
  attachTapFilter,
  bindSocket,
  bpf,
  changeIpv4Settings,
  changeLink,
  closeDescriptor,
  createLink,
  createNetworkNamespace,
  dropPacketMembership,
  Epoll,
  Errno,
  ETHERTYPE_ALL,
  findLink,
  floodMulticastTo,
  Ipv4Setting,
  type Link,
  NetlinkSocket,
  type NetworkNamespace,
  OFFLOAD_HEADER_BYTES,
  openPacketSocket,
  openTap,
  PacketMembership,
  packetAddress,
  ReceiveBatch,
  read,
  readBridgeSettings,
  readIpv4Setting,
  SystemError,
  type TapDevice,
  useOffloadHeader,
  write,
  writeFrameFrom,
} from '../src/index.ts';
import { skipWithoutTap } from './requirement.ts';

const STATION = Uint8Array.of(2, 0, 0, 0, 0, 1);
const LOCAL_EXPERIMENT = [0x88, 0xb5];

/** A broadcast frame of an experimental protocol, at offset 3 of a larger array. */
function frameOf(length: number): { bytes: Uint8Array; start: number; end: number } {
  const bytes = new Uint8Array(length + 6).fill(0x77);
  bytes.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 6, 6, 6, 6, 6, 6, ...LOCAL_EXPERIMENT], 3);
  return { bytes, start: 3, end: 3 + length };
}

describe('TAP devices', { skip: skipWithoutTap('TAP devices') }, () => {
  let namespace: NetworkNamespace;
  let netlink: NetlinkSocket;
  let tap: TapDevice;
  let descriptors: number[];

  const inside = <Result>(action: () => Result): Result => namespace.run(action);
  const link = (): Link => findLink(netlink, tap.name)!;
  /** A packet socket on the device. */
  const listener = (prepare: (fd: number) => void = () => {}): number => {
    const fd = inside(openPacketSocket);
    descriptors.push(fd);
    prepare(fd);
    bindSocket(fd, packetAddress(link().index, ETHERTYPE_ALL));
    return fd;
  };

  beforeEach(() => {
    namespace = createNetworkNamespace();
    netlink = inside(() => new NetlinkSocket());
    tap = inside(() => openTap({ name: 'locum%d' }));
    descriptors = [tap.fd];
    attachTapFilter(tap.fd, bpf.assemble(bpf.REJECT_ALL));
    changeLink(netlink, link().index, { ipv6LinkLocal: false, up: true });
  });

  afterEach(() => {
    for (const fd of descriptors) closeDescriptor(fd);
    netlink.close();
    namespace.close();
  });

  test('have the name that was asked for, alone, for as long as the descriptor is open', () => {
    assert.equal(tap.name, 'locum0');
    const second = inside(() => openTap({ name: 'locum%d' }));
    assert.equal(second.name, 'locum1');
    assert.throws(
      () => inside(() => openTap({ name: 'locum1' })),
      (error) => error instanceof SystemError && error.code === 'EBUSY',
    );
    closeDescriptor(second.fd);
    assert.equal(findLink(netlink, 'locum1'), undefined);
    assert.throws(() => inside(() => openTap({ name: 'sixteen-octets-x' })), SystemError);
  });

  test('take a frame whose source is replaced on the way, its bytes untouched', () => {
    const fd = listener();
    const { bytes, start, end } = frameOf(60);
    const before = bytes.slice();
    assert.equal(writeFrameFrom(tap.fd, STATION, bytes, start, end), 60);
    assert.deepEqual(bytes, before);
    const got = new Uint8Array(100);
    assert.equal(read(fd, got, 0, got.length), 60);
    assert.deepEqual(got.subarray(6, 12), STATION);
    assert.deepEqual(got.subarray(0, 6), before.subarray(3, 9));
    assert.deepEqual(got.subarray(12, 60), before.subarray(15, 63));
    assert.equal(writeFrameFrom(tap.fd, STATION, bytes, start, start + 11), -Errno.EINVAL);
  });

  test('are read through a filter that may be exchanged', () => {
    const fd = listener();
    const { bytes, start, end } = frameOf(60);
    const got = new Uint8Array(100);
    write(fd, bytes, start, end);
    assert.equal(read(tap.fd, got, 0, got.length), -Errno.EAGAIN);
    attachTapFilter(tap.fd, bpf.assemble([bpf.accept()]));
    write(fd, bytes, start, end);
    assert.equal(read(tap.fd, got, 0, got.length), 60);
    assert.deepEqual(got.subarray(0, 60), bytes.subarray(start, end));
  });

  test('give many frames at once, each with an offload header, and tell of those that were cut', () => {
    const fd = listener(useOffloadHeader);
    for (const length of [60, 90, 200]) {
      const { bytes, start, end } = frameOf(length);
      assert.equal(write(tap.fd, bytes, start, end), length);
    }
    const batch = new ReceiveBatch(8, OFFLOAD_HEADER_BYTES + 90);
    assert.equal(batch.receive(fd), 3);
    assert.deepEqual(
      [0, 1].map((index) => batch.length(index)),
      [70, 100],
    );
    assert.deepEqual(
      [0, 1, 2].map((index) => batch.truncated(index)),
      [false, false, true],
    );
    const second = batch.slotBytes + OFFLOAD_HEADER_BYTES;
    assert.deepEqual([...batch.bytes.subarray(second + 12, second + 14)], LOCAL_EXPERIMENT);
    assert.equal(batch.receive(fd), -Errno.EAGAIN);
  });

  test('stand with others behind one descriptor that tells which is ready', () => {
    const fd = listener();
    const epoll = new Epoll(4);
    epoll.add(tap.fd, 1);
    epoll.add(fd, 70_000);
    assert.equal(epoll.ready(), 0);
    const { bytes, start, end } = frameOf(60);
    write(tap.fd, bytes, start, end);
    assert.equal(epoll.ready(), 1);
    assert.equal(epoll.token(0), 70_000);
    epoll.remove(fd);
    assert.equal(epoll.ready(), 0);
    epoll.close();
    epoll.close();
  });

  test('hear what a socket is a member of, for as long as it is', () => {
    const { index } = link();
    const fd = listener();
    const group = Uint8Array.of(0x01, 0, 0x5e, 0, 0, 0x12);
    const heard = (): boolean =>
      inside(() =>
        readFileSync('/proc/thread-self/net/dev_mcast', 'utf8').includes(Buffer.from(group).toString('hex')),
      );
    assert.equal(heard(), false);
    addPacketMembership(fd, index, PacketMembership.Multicast, group);
    assert.equal(heard(), true);
    dropPacketMembership(fd, index, PacketMembership.Multicast, group);
    assert.equal(heard(), false);
    dropPacketMembership(fd, index, PacketMembership.Multicast, group);
    addPacketMembership(fd, index, PacketMembership.Unicast, STATION);
    assert.throws(() => addPacketMembership(fd, 9999, PacketMembership.Unicast, STATION), SystemError);
  });

  test('have IPv4 settings of their own', () => {
    const { index } = link();
    assert.equal(readIpv4Setting(netlink, index, Ipv4Setting.ArpIgnore), 0);
    changeIpv4Settings(netlink, index, [
      [Ipv4Setting.ArpIgnore, 1],
      [Ipv4Setting.ArpAnnounce, 2],
    ]);
    assert.equal(readIpv4Setting(netlink, index, Ipv4Setting.ArpIgnore), 1);
    assert.equal(readIpv4Setting(netlink, index, Ipv4Setting.ArpAnnounce), 2);
    assert.throws(() => readIpv4Setting(netlink, 9999, Ipv4Setting.ArpIgnore), SystemError);
  });

  test('become ports of a bridge that floods multicast to them', () => {
    createLink(netlink, { kind: 'bridge', name: 'br0' });
    const bridge = findLink(netlink, 'br0')!.index;
    assert.deepEqual(readBridgeSettings(netlink, bridge), { spanningTree: false, vlanFiltering: false });
    assert.throws(() => floodMulticastTo(netlink, link().index), SystemError);
    changeLink(netlink, link().index, { masterIndex: bridge });
    floodMulticastTo(netlink, link().index);
    assert.equal(link().masterIndex, bridge);
  });
});
