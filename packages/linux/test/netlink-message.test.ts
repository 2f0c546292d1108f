import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MessageReader, MessageWriter } from '../src/netlink/message.ts';

const hex = (writer: MessageWriter): string => Buffer.from(writer.bytes.subarray(0, writer.end)).toString('hex');

function readerOf(writer: MessageWriter): MessageReader {
  const reader = new MessageReader(writer.bytes);
  reader.rewind(writer.end);
  return reader;
}

describe('netlink message', () => {
  it('is a header, a body and padded attributes', () => {
    const writer = new MessageWriter();
    writer.begin(20, 0x605, 7);
    writer.u32(0xfe200002);
    writer.attribute(3, Uint8Array.of(0xaa, 0xbb, 0xcc));
    writer.finish();
    assert.equal(
      hex(writer),
      `${'1c000000'}${'1400'}${'0506'}${'07000000'}${'00000000'}${'020020fe'}0700 0300aabbcc00`.replace(' ', ''),
    );
  });

  it('reads back what was written, nested attributes and several messages in a datagram included', () => {
    // The first write already outgrows the buffer.
    const writer = new MessageWriter(8);
    writer.begin(16, 0, 1);
    writer.i32(-5);
    writer.attributeText(3, 'eth0');
    const outer = writer.beginNested(18);
    writer.attributeText(1, 'veth');
    const inner = writer.beginNested(2);
    writer.attributeU8(1, 9);
    writer.endNested(inner);
    writer.endNested(outer);
    writer.attributeU32(4, 1400);
    writer.finish();
    writer.begin(17, 0, 2);
    writer.finish();
    assert.equal(writer.count, 2);

    const reader = readerOf(writer);
    assert.ok(reader.next());
    assert.equal(reader.type, 16);
    assert.equal(reader.i32(reader.payload), -5);
    const attributes = reader.attributes(reader.payload + 4);
    assert.equal(attributes.text(3), 'eth0');
    assert.equal(attributes.u32(4), 1400);
    assert.equal(attributes.nested(18)?.text(1), 'veth');
    assert.equal(attributes.nested(18)?.nested(2)?.u8(1), 9);
    assert.equal(attributes.has(99), false);
    assert.ok(reader.next());
    assert.equal(reader.type, 17);
    assert.equal(reader.sequence, 2);
    assert.equal(reader.next(), false);
  });

  it('does not read past a datagram whose lengths lie', () => {
    const writer = new MessageWriter();
    writer.begin(16, 0, 1);
    writer.attributeU32(1, 1);
    writer.attributeU32(2, 2);
    writer.finish();
    const reader = readerOf(writer);
    const attributeLength = 16 + 8;
    for (const lie of [0, 3, 200, 0xffff]) {
      new DataView(writer.bytes.buffer).setUint16(attributeLength, lie, true);
      reader.rewind(writer.end);
      assert.ok(reader.next());
      const attributes = reader.attributes(reader.payload);
      assert.equal(attributes.u32(1), 1);
      assert.equal(attributes.u32(2), undefined);
    }
    for (const lie of [0, 15, 33, 0xffffffff]) {
      new DataView(writer.bytes.buffer).setUint32(0, lie, true);
      reader.rewind(writer.end);
      assert.equal(reader.next(), false);
    }
  });

  it('takes an attribute that is too short for its type as absent', () => {
    const writer = new MessageWriter();
    writer.begin(16, 0, 1);
    writer.attributeU8(1, 1);
    writer.finish();
    const reader = readerOf(writer);
    assert.ok(reader.next());
    assert.equal(reader.attributes(reader.payload).u32(1), undefined);
    assert.equal(reader.attributes(reader.payload).u8(1), 1);
  });
});
