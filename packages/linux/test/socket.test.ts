import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AddressFamily,
  bindSocket,
  closeDescriptor,
  Errno,
  inet6Address,
  inetAddress,
  koffi,
  libc,
  MessageFlag,
  openSocket,
  packetAddress,
  read,
  readSocketOption,
  receive,
  SocketLevel,
  SocketOption,
  SocketType,
  sendTo,
  setNonBlocking,
  setSocketOption,
  socketOptionInt,
  takeSocketError,
  write,
} from '../src/index.ts';

const socketpair = libc.func('int socketpair(int family, int type, int protocol, _Out_ int *fds)');

function withPair(action: (first: number, second: number) => void): void {
  const fds = new Int32Array(2);
  socketpair(1, SocketType.Datagram | SocketType.CloseOnExec, 0, fds);
  try {
    action(fds[0]!, fds[1]!);
  } finally {
    for (const fd of fds) closeDescriptor(fd);
  }
}

/** 1..n, in the middle of a larger buffer. */
function middle(count: number): Uint8Array {
  const bytes = new Uint8Array(count + 64).fill(0xee);
  for (let index = 0; index < count; index++) bytes[32 + index] = index + 1;
  return bytes;
}

describe('socket', () => {
  it('moves octets from an offset to an offset, of any kind of buffer', () => {
    withPair((first, second) => {
      const kinds = [
        middle(20),
        new Uint8Array(middle(20).buffer, 8, 60),
        Buffer.from(middle(20)),
        new Uint8Array(new SharedArrayBuffer(84)).fill(3),
        new Uint8Array(84).subarray(2),
      ];
      for (const bytes of kinds) {
        const into = new Uint8Array(64);
        assert.equal(write(first, bytes, 32, 52), 20);
        assert.equal(read(second, into, 10, 64), 20);
        assert.deepEqual(into.subarray(10, 30), new Uint8Array(bytes.subarray(32, 52)));
        assert.ok(into.subarray(0, 10).every((octet) => octet === 0));
        assert.ok(into.subarray(30).every((octet) => octet === 0));
        assert.equal(sendTo(first, bytes, 33, 40, null, MessageFlag.NoSignal), 7);
        assert.equal(receive(second, into, 0, 64, MessageFlag.DontWait), 7);
        assert.deepEqual(into.subarray(0, 7), new Uint8Array(bytes.subarray(33, 40)));
      }
    });
  });

  it('works in buffers so small that the engine keeps them on its heap', () => {
    withPair((first, second) => {
      const small = Uint8Array.of(9, 8, 7);
      const into = new Uint8Array(4);
      assert.equal(write(first, small, 1, 3), 2);
      assert.equal(read(second, into, 1, 4), 2);
      assert.deepEqual(into, Uint8Array.of(0, 8, 7, 0));
    });
  });

  it('refuses a range outside the bytes', () => {
    withPair((first) => {
      const bytes = new Uint8Array(10);
      for (const [start, end] of [
        [0, 11],
        [-1, 5],
        [6, 5],
        [Number.NaN, 5],
      ] as const) {
        assert.equal(write(first, bytes, start, end), -Errno.EFAULT);
        assert.equal(sendTo(first, bytes, start, end, null, 0), -Errno.EFAULT);
        assert.equal(read(first, bytes, start, end), -Errno.EFAULT);
        assert.equal(receive(first, bytes, start, end, 0), -Errno.EFAULT);
      }
    });
  });

  it('returns -errno where nothing is there', () => {
    withPair((first) => {
      const bytes = new Uint8Array(10);
      assert.equal(receive(first, bytes, 0, 10, MessageFlag.DontWait), -Errno.EAGAIN);
      setNonBlocking(first);
      assert.equal(read(first, bytes, 0, 10), -Errno.EAGAIN);
    });
  });

  it('names the sender of a datagram, and the true length of one that was cut', () => {
    const fd = openSocket(AddressFamily.Inet, SocketType.Datagram | SocketType.NonBlocking, 0);
    const other = openSocket(AddressFamily.Inet, SocketType.Datagram, 0);
    try {
      const loopback = Uint8Array.of(127, 0, 0, 1);
      bindSocket(fd, inetAddress(loopback));
      const own = new Uint8Array(16);
      assert.equal(getsockname(fd, own), 0);
      const bytes = middle(50);
      assert.equal(sendTo(other, bytes, 32, 82, own, 0), 50);
      const from = new Uint8Array(16);
      const into = new Uint8Array(10);
      assert.equal(receive(fd, into, 0, 10, MessageFlag.Truncated, from), 50);
      assert.deepEqual(into, bytes.subarray(32, 42));
      assert.deepEqual(from.subarray(4, 8), loopback);
    } finally {
      closeDescriptor(fd);
      closeDescriptor(other);
    }
  });

  it('sets and reads options', () => {
    withPair((first) => {
      setSocketOption(first, SocketLevel.Socket, SocketOption.Priority, 6);
      assert.equal(socketOptionInt(first, SocketLevel.Socket, SocketOption.Priority), 6);
      const into = new Uint8Array(4);
      assert.equal(readSocketOption(first, SocketLevel.Socket, SocketOption.Priority, into), 4);
      assert.equal(into[0], 6);
      assert.equal(takeSocketError(first), 0);
    });
  });

  it('builds addresses', () => {
    assert.deepEqual(
      inetAddress(Uint8Array.of(192, 0, 2, 1), 0x1234),
      Uint8Array.of(2, 0, 0x12, 0x34, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    );
    const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);
    const inet6 = inet6Address(group, 0, 7);
    assert.equal(inet6.length, 28);
    assert.deepEqual([inet6[0], inet6[24]], [10, 7]);
    assert.deepEqual(inet6.subarray(8, 24), group);
    const packet = packetAddress(3, 0x0003, Uint8Array.of(1, 2, 3, 4, 5, 6));
    assert.deepEqual(packet, Uint8Array.of(17, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0));
  });
});

function getsockname(fd: number, into: Uint8Array): number {
  const call = libc.func('getsockname', 'int', ['int', koffi.pointer('uint8'), koffi.pointer('uint32')]);
  return call(fd, into, new Uint32Array([into.length]));
}
