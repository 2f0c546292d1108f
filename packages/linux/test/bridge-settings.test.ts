import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NetlinkSocket, readBridgeSettings } from '../src/index.ts';
import { LinkAttribute, LinkData, LinkInfo, NetlinkType } from '../src/netlink/constants.ts';
import { MessageReader, MessageWriter } from '../src/netlink/message.ts';

/** struct ifinfomsg */
const LINK_HEADER_BYTES = 16;
const IFLA_BR_VLAN_FILTERING = 7;

/** A kernel that describes its one bridge like this. Not every kernel can filter VLANs. */
function kernelWith(writeBridge: (writer: MessageWriter) => void): NetlinkSocket {
  const get: NetlinkSocket['get'] = (_operation, _type, _flags, _write, read) => {
    const writer = new MessageWriter();
    writer.begin(NetlinkType.NewLink, 0, 1);
    writer.octets(new Uint8Array(LINK_HEADER_BYTES));
    const info = writer.beginNested(LinkAttribute.Info);
    const data = writer.beginNested(LinkInfo.Data);
    writeBridge(writer);
    writer.endNested(data);
    writer.endNested(info);
    writer.finish();
    const reader = new MessageReader(writer.bytes);
    reader.rewind(writer.end);
    assert.ok(reader.next());
    read(reader);
  };
  return { get } as NetlinkSocket;
}

test('What decides whether a port of a bridge hears the others', () => {
  const read = (stp: number, filtering?: number) =>
    readBridgeSettings(
      kernelWith((writer) => {
        writer.attributeU32(LinkData.BridgeStpState, stp);
        if (filtering !== undefined) writer.attributeU8(IFLA_BR_VLAN_FILTERING, filtering);
      }),
      2,
    );
  assert.deepEqual(read(0), { spanningTree: false, vlanFiltering: false });
  assert.deepEqual(read(1, 0), { spanningTree: true, vlanFiltering: false });
  assert.deepEqual(read(0, 1), { spanningTree: false, vlanFiltering: true });
});
