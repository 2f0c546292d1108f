/**
 * Events of links and addresses, as the kernel publishes them, without waiting: a reactor watches {@link NetlinkMonitor.fd}
 * and drains it. What is there at the start is asked of a {@link NetlinkSocket}, after the monitor has been opened.
 */
import { Errno, SystemError } from '../errno.ts';
import { accept, assemble, attachFilter, ifEqual, labelled, loadHalf, loadWord, reject } from '../filter.ts';
import { closeDescriptor } from '../socket.ts';
import { type LinkAddress, readAddress } from './address.ts';
import { BRIDGE_FAMILY, NetlinkType, RouteGroup } from './constants.ts';
import { type Link, readLink } from './link.ts';
import { MessageReader } from './message.ts';
import { openRouteSocket, receiveMessages } from './socket.ts';

/** Larger than any single event. */
const RECEIVE_BYTES = 32 * 1024;

// struct nlmsghdr.
const TYPE_AT = 4;
const PORT_ID_AT = 12;

/** Where events go. Called synchronously from `drain`. */
export interface MonitorHandler {
  /** `removed`: the link is gone, or moved to another namespace. */
  onLink(link: Link, removed: boolean, own: boolean): void;
  /**
   * `own`: caused through a socket whose port id the monitor was given. The kernel tells this of IPv4 addresses, and
   * of links from Linux 6.1 on; for IPv6 addresses it is always false.
   */
  onAddress(address: LinkAddress, removed: boolean, own: boolean): void;
  /** Events were lost because nobody drained in time: read everything afresh. */
  onResync(): void;
}

export class NetlinkMonitor {
  /** Readable when events have arrived; the monitor owns it. -1 after {@link close}. */
  fd: number;
  readonly #ownPortIds: readonly number[];
  readonly #reader = new MessageReader(new Uint8Array(RECEIVE_BYTES));

  /**
   * Subscribes in the calling thread's namespace. Throws `SystemError`.
   * @param wanted whether events of addresses are wanted beside those of links
   */
  constructor(ownPortIds: readonly number[] = [], wanted: 'links' | 'links and addresses' = 'links and addresses') {
    this.#ownPortIds = ownPortIds;
    const addresses = wanted === 'links' ? 0 : RouteGroup.Ipv4Address | RouteGroup.Ipv6Address;
    this.fd = openRouteSocket(RouteGroup.Link | addresses).fd;
  }

  /**
   * Lets the kernel keep events of addresses back that it knows to be caused through the socket with this port id. To be
   * told of some hundred addresses that one has just set oneself takes as long as to set them.
   */
  ignoreAddressesOf(portId: number): void {
    // A filter reads integers in network order, and those of a message are in the machine's.
    const newAddress = NetlinkType.NewAddress << 8;
    const deleteAddress = NetlinkType.DeleteAddress << 8;
    const program = assemble([
      loadHalf(TYPE_AT),
      ifEqual(newAddress, 'whose'),
      ifEqual(deleteAddress, 'whose', 'keep'),
      labelled('whose', loadWord(PORT_ID_AT)),
      ifEqual(swapOctets(portId), 'drop'),
      labelled('keep', accept()),
      labelled('drop', reject()),
    ]);
    attachFilter(this.fd, program);
  }

  /** Hands over what has arrived and returns how many events there were. Never waits. The handler may close the monitor. */
  drain(handler: MonitorHandler): number {
    const reader = this.#reader;
    let count = 0;
    while (this.fd >= 0) {
      const length = receiveMessages(this.fd, reader.bytes);
      if (length === 0) break;
      if (length === -Errno.ENOBUFS) {
        handler.onResync();
        continue;
      }
      if (length < 0) throw new SystemError('receive netlink events', -length);
      reader.rewind(length);
      while (this.fd >= 0 && reader.next()) if (this.#dispatch(handler)) count++;
    }
    return count;
  }

  /** Idempotent. */
  close(): void {
    if (this.fd < 0) return;
    closeDescriptor(this.fd);
    this.fd = -1;
  }

  #dispatch(handler: MonitorHandler): boolean {
    const reader = this.#reader;
    const own = this.#ownPortIds.includes(reader.portId);
    switch (reader.type) {
      case NetlinkType.NewLink:
      case NetlinkType.DeleteLink:
        // A bridge reports its ports in messages of its own family; leaving a bridge is not the end of a link.
        if (reader.u8(reader.payload) === BRIDGE_FAMILY) return false;
        handler.onLink(readLink(reader), reader.type === NetlinkType.DeleteLink, own);
        return true;
      case NetlinkType.NewAddress:
      case NetlinkType.DeleteAddress:
        handler.onAddress(readAddress(reader), reader.type === NetlinkType.DeleteAddress, own);
        return true;
      default:
        return false;
    }
  }
}

function swapOctets(word: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, word, true);
  return view.getUint32(0);
}
