import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AddressFamily,
  bindSocket,
  bpf,
  closeDescriptor,
  Errno,
  inetAddress,
  openSocket,
  receive,
  SocketType,
  sendTo,
} from '../src/index.ts';

describe('filter', () => {
  it('is assembled into instructions with relative jumps', () => {
    const program = bpf.assemble([
      bpf.loadByte(23),
      bpf.ifEqual(112, 'accept', 'reject'),
      bpf.labelled('accept', bpf.accept()),
      bpf.labelled('reject', bpf.reject()),
    ]);
    assert.deepEqual(
      program,
      Uint8Array.of(
        ...[0x30, 0, 0, 0, 23, 0, 0, 0],
        ...[0x15, 0, 0, 1, 112, 0, 0, 0],
        ...[0x06, 0, 0, 0, 0, 0, 4, 0],
        ...[0x06, 0, 0, 0, 0, 0, 0, 0],
      ),
    );
  });

  it('refuses jumps that cannot be made', () => {
    assert.throws(() => bpf.assemble([bpf.ifEqual(1, 'nowhere')]), RangeError);
    assert.throws(() => bpf.assemble([bpf.labelled('back', bpf.accept()), bpf.ifEqual(1, 'back')]), RangeError);
    const far = [bpf.ifEqual(1, 'far'), ...Array.from({ length: 256 }, bpf.reject), bpf.labelled('far', bpf.accept())];
    assert.throws(() => bpf.assemble(far), RangeError);
  });

  it('decides what a socket receives', () => {
    const receiver = openSocket(AddressFamily.Inet, SocketType.Datagram | SocketType.NonBlocking, 0);
    const port = 20_000 + (process.pid % 40_000);
    const address = inetAddress(Uint8Array.of(127, 0, 0, 1), port);
    const sender = openSocket(AddressFamily.Inet, SocketType.Datagram, 0);
    try {
      bindSocket(receiver, address);
      // A datagram socket's filter sees the UDP header first; the fourth octet of this program is computed.
      const wanted = bpf.assemble([
        bpf.loadByte(8),
        bpf.store(3),
        bpf.setIndex(8),
        bpf.loadByteIndexed(1),
        bpf.add(1),
        bpf.shiftLeft(1),
        bpf.and(0xff),
        bpf.ifEqual(84, undefined, 'reject'),
        bpf.recall(3),
        bpf.ifEqual(7, undefined, 'reject'),
        bpf.accept(),
        bpf.labelled('reject', bpf.reject()),
      ]);
      bpf.attachFilter(receiver, wanted);
      const into = new Uint8Array(8);
      for (const bytes of [Uint8Array.of(7, 40), Uint8Array.of(6, 41), Uint8Array.of(7, 41, 99)])
        sendTo(sender, bytes, 0, bytes.length, address, 0);
      assert.equal(receive(receiver, into, 0, 8, 0), 3);
      assert.equal(into[2], 99);
      bpf.attachFilter(receiver, bpf.assemble(bpf.REJECT_ALL));
      sendTo(sender, Uint8Array.of(7, 41), 0, 2, address, 0);
      assert.equal(receive(receiver, into, 0, 8, 0), -Errno.EAGAIN);
    } finally {
      closeDescriptor(receiver);
      closeDescriptor(sender);
    }
  });
});
