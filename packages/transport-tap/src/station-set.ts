/**
 * The stations of one port: opens them, learns which addresses are set on their devices, and carries their frames.
 */
import {
  changeLink,
  Epoll,
  Errno,
  findLink,
  Ipv4Setting,
  type Link,
  type LinkAddress,
  listAddresses,
  type MonitorHandler,
  NetlinkMonitor,
  NetlinkSocket,
  SystemError,
} from '@locum/linux';
import type { StationOptions, TransportError } from '@locum/transport';
import { AddressBook } from './address-book.ts';
import { ArpReticence } from './arp-reticence.ts';
import { Carrier } from './carrier.ts';
import { badOption, linkGone, tapError } from './failure.ts';
import { SolicitedGroups } from './solicited-groups.ts';
import { Station, type StationKeeper } from './station.ts';
import { deviceMtu, makeTapDevice } from './tap-device.ts';

const MAC_BYTES = 6;
const LOOSE = 2;
/** Replies to clients leave by the physical interface, so their way back is not by the device. */
const DEVICE_SETTINGS = [
  [Ipv4Setting.ReversePathFilter, LOOSE],
  [Ipv4Setting.ArpIgnore, 1],
  [Ipv4Setting.ArpAnnounce, 2],
] as const;

const REOPEN_HINT = 'The port must be opened anew with its stations.';

const MONITOR_TOKEN = 0;
const WIRE_TOKEN = 1;
const FIRST_STATION_TOKEN = 2;
/** Descriptors that are looked after in one turn; the others follow in the next. */
const READY_AT_ONCE = 16;

export class StationSet implements StationKeeper, MonitorHandler {
  readonly carrier: Carrier;
  readonly #interfaceName: string;
  readonly #interfaceIndex: number;
  readonly #onFault: (error: TransportError) => void;
  readonly #netlink: NetlinkSocket;
  readonly #monitor: NetlinkMonitor;
  readonly #epoll: Epoll;
  readonly #groups: SolicitedGroups;
  readonly #reticence: ArpReticence;
  readonly #book = new AddressBook();
  /** By token; a slot is used again. */
  readonly #stations: (Station | undefined)[] = [];
  /** Of the devices. */
  #mtu: number;
  /** What nobody could be told at once; told by the next {@link poll}. */
  #trouble: TransportError | undefined;

  /**
   * Opens in the calling thread's namespace.
   * @throws SystemError, leaving nothing behind
   */
  constructor(interfaceName: string, onFault: (error: TransportError) => void) {
    this.#interfaceName = interfaceName;
    this.#onFault = onFault;
    const opened: { close(): void }[] = [];
    const keep = <Part extends { close(): void }>(part: Part): Part => {
      opened.push(part);
      return part;
    };
    try {
      this.#netlink = keep(new NetlinkSocket());
      const link = findLink(this.#netlink, interfaceName);
      if (link === undefined) throw linkGone(interfaceName, 'the interface was deleted', 'Create the interface again.');
      this.#interfaceIndex = link.index;
      this.#mtu = deviceMtu(link.mtu);
      this.#monitor = keep(new NetlinkMonitor());
      this.#groups = keep(new SolicitedGroups(interfaceName, link.index, () => this.#hearAllGroups()));
      this.carrier = keep(new Carrier(link.index, this.#book));
      this.#epoll = keep(new Epoll(READY_AT_ONCE));
      this.#epoll.add(this.#monitor.fd, MONITOR_TOKEN);
      this.#epoll.add(this.carrier.fd, WIRE_TOKEN);
      this.#reticence = new ArpReticence(this.#netlink, link.index);
    } catch (error) {
      for (const part of opened.reverse()) part.close();
      throw error;
    }
  }

  /** Readable while there is something to {@link poll}. */
  get fd(): number {
    return this.#epoll.fd;
  }

  /** @throws TransportError, leaving nothing behind */
  open(options: StationOptions): Station {
    const { deviceName } = options;
    const mac = Uint8Array.from(options.mac);
    if (mac.length !== MAC_BYTES || (mac[0]! & 1) !== 0)
      throw badOption(deviceName, `${[...mac].join(' ')} is no MAC of a station`, 'Give six octets of a unicast MAC.');
    const { device, link } = makeTapDevice(this.#netlink, {
      name: deviceName,
      offloadHeader: true,
      link: { mac, mtu: this.#mtu },
      ipv4: DEVICE_SETTINGS,
    });
    const station = new Station(device.name, mac, device.fd, link.index, this);
    const free = this.#stations.indexOf(undefined);
    const slot = free < 0 ? this.#stations.length : free;
    this.#stations[slot] = station;
    try {
      this.#reticence.begin();
      this.#epoll.add(station.fd, FIRST_STATION_TOKEN + slot);
    } catch (error) {
      station.close();
      throw tapError(error, deviceName);
    }
    return station;
  }

  /** Carries a bounded number of frames in each direction. Never waits. A fault may close the set inside. */
  poll(): void {
    if (this.#trouble !== undefined) this.#onFault(this.#trouble);
    const ready = this.#epoll.ready();
    // What is asked for on the wire may be an address that was set just before.
    for (let index = 0; index < ready; index++)
      if (this.#epoll.token(index) === MONITOR_TOKEN) this.#monitor.drain(this);
    for (let index = 0; index < ready && this.#epoll.fd >= 0; index++) {
      const token = this.#epoll.token(index);
      if (token === WIRE_TOKEN) this.carrier.toStations();
      else if (token !== MONITOR_TOKEN) {
        const station = this.#stations[token - FIRST_STATION_TOKEN];
        if (station !== undefined) this.carrier.toWire(station);
      }
    }
  }

  setCarrying(station: Station, wanted: boolean): void {
    try {
      if (wanted) this.carrier.start(station);
      else this.carrier.stop(station);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // A device or an interface that has been deleted refuses; ending is then done already.
      if (wanted) this.#trouble = linkGone(this.#interfaceName, error.message, REOPEN_HINT);
    }
    for (const address of this.#book.of(station))
      if (address.length === 16) wanted ? this.#groups.join(address) : this.#groups.leave(address);
  }

  forget(station: Station): void {
    for (const address of this.#book.of(station)) this.#book.delete(address, station);
    this.#stations[this.#stations.indexOf(station)] = undefined;
    if (this.#stations.every((other) => other === undefined)) this.#reticence.end();
  }

  close(): void {
    for (const station of this.#stations) station?.close();
    this.#epoll.close();
    this.carrier.close();
    this.#groups.close();
    this.#monitor.close();
    this.#netlink.close();
  }

  onLink(link: Link, removed: boolean): void {
    if (link.index === this.#interfaceIndex && !removed) this.#followMtu(deviceMtu(link.mtu));
    const station = this.#stationAt(link.index);
    if (station === undefined || (!removed && link.up)) return;
    // Or it is news from before it was set up.
    if (!this.#present(station)) this.#lose(station);
  }

  onAddress({ interfaceIndex, address }: LinkAddress, removed: boolean): void {
    const station = this.#stationAt(interfaceIndex);
    if (station === undefined) return;
    if (removed) this.#unlearn(station, address);
    else this.#learn(station, address);
  }

  onResync(): void {
    for (const station of this.#stations) {
      if (station === undefined) continue;
      if (!this.#present(station)) {
        this.#lose(station);
        return;
      }
      for (const address of this.#book.of(station)) this.#unlearn(station, address);
      for (const { address } of listAddresses(this.#netlink, station.interfaceIndex)) this.#learn(station, address);
    }
  }

  #learn(station: Station, address: Uint8Array): void {
    if (!this.#book.add(address, station)) return;
    if (station.carrying && address.length === 16) this.#groups.join(address);
  }

  #unlearn(station: Station, address: Uint8Array): void {
    if (!this.#book.delete(address, station)) return;
    if (station.carrying && address.length === 16) this.#groups.leave(address);
  }

  /** Better than to miss who looks for an address, though switches do not learn that it is wanted. */
  #hearAllGroups(): void {
    try {
      this.carrier.hearAllGroups();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#trouble = tapError(error, this.#interfaceName) as TransportError;
    }
  }

  #present({ interfaceIndex }: Station): boolean {
    return findLink(this.#netlink, interfaceIndex)?.up === true;
  }

  #lose({ interfaceName }: Station): void {
    this.#onFault(linkGone(this.#interfaceName, `the device ${interfaceName} was deleted or set down`, REOPEN_HINT));
  }

  #stationAt(interfaceIndex: number): Station | undefined {
    return this.#stations.find((station) => station?.interfaceIndex === interfaceIndex);
  }

  #followMtu(mtu: number): void {
    if (mtu === this.#mtu) return;
    this.#mtu = mtu;
    // A fault may close the set, and its stations with it.
    for (const station of this.#stations) if (station !== undefined && this.#epoll.fd >= 0) this.#setMtu(station, mtu);
  }

  #setMtu({ interfaceIndex, interfaceName }: Station, mtu: number): void {
    try {
      changeLink(this.#netlink, interfaceIndex, { mtu });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // That a device is gone is told by an event of its own.
      if (error.errno !== Errno.ENODEV) this.#onFault(tapError(error, interfaceName) as TransportError);
    }
  }
}
