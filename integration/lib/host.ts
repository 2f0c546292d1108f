/**
 * A host of the lab: a namespace with one interface, `eth0`, whose cable leads to the switch.
 */
import { join } from 'node:path';
import {
  AddressFlag,
  addAddress,
  changeLink,
  createLink,
  findLink,
  listAddresses,
  type MacvlanMode,
  NetlinkSocket,
  type NetworkNamespace,
  writeSysctl,
} from '@locum/linux';
import { formatAddress, formatMac, parseAddress, parseMac } from './address-text.ts';
import { killAll, namespaceIdentity, processesIn, signalAll } from './guard.ts';
import { LabProcess, type ProcessOptions } from './process.ts';

export const HOST_INTERFACE = 'eth0';

export class Host {
  readonly name: string;
  readonly namespace: NetworkNamespace;
  /** For questions and changes in this host's namespace. */
  readonly netlink: NetlinkSocket;
  readonly interfaceName = HOST_INTERFACE;
  readonly interfaceIndex: number;
  /** What identifies the namespace in /proc. */
  readonly identity: string;
  readonly processes: LabProcess[] = [];
  readonly #logDirectory: string;

  /** Made by `Lab.addHost`, after the interface is there. */
  constructor(name: string, namespace: NetworkNamespace, logDirectory: string) {
    this.name = name;
    this.namespace = namespace;
    this.identity = namespaceIdentity(namespace);
    this.netlink = namespace.run(() => new NetlinkSocket());
    this.interfaceIndex = findLink(this.netlink, HOST_INTERFACE)!.index;
    this.#logDirectory = logDirectory;
  }

  /** Hardware address of eth0 as text. */
  get mac(): string {
    return formatMac(findLink(this.netlink, this.interfaceIndex)!.mac);
  }

  /** Every address of eth0 as text, without prefix lengths. */
  get addresses(): string[] {
    return listAddresses(this.netlink, this.interfaceIndex).map((address) => formatAddress(address.address));
  }

  /** Every address of every interface as text, without prefix lengths. */
  get allAddresses(): string[] {
    return listAddresses(this.netlink).map((address) => formatAddress(address.address));
  }

  /** The link-local IPv6 address of eth0. */
  get linkLocal(): string {
    return this.addresses.find((address) => address.startsWith('fe80:')) ?? '';
  }

  /** Gives eth0 a further address, `192.168.1.1/24` or `2001:db8::1/64`, usable at once. */
  addAddress(text: string, interfaceIndex = this.interfaceIndex): void {
    const [address = '', prefixLength] = text.split('/');
    const octets = parseAddress(address);
    addAddress(this.netlink, {
      interfaceIndex,
      address: octets,
      prefixLength: Number(prefixLength),
      flags: octets.length === 16 ? AddressFlag.NoDad : 0,
    });
  }

  /** Makes a macvlan on eth0, up, without addresses of its own but the link-local one where `ipv6LinkLocal` says so. */
  addMacvlan(name: string, mac: string, mode: MacvlanMode, ipv6LinkLocal: boolean): number {
    createLink(this.netlink, { kind: 'macvlan', name, mac: parseMac(mac), mode, parentIndex: this.interfaceIndex });
    const index = findLink(this.netlink, name)!.index;
    changeLink(this.netlink, index, { ipv6LinkLocal, up: true });
    return index;
  }

  /** Writes a value under /proc/sys/net of this host. */
  sysctl(key: string, value: string | number): void {
    this.namespace.run(() => writeSysctl(key, value));
  }

  /** Starts a program here. Its output is also in a file of the lab's artifacts. */
  spawn(command: string, args: readonly string[], options: ProcessOptions = {}): LabProcess {
    const file = `${this.name}-${this.processes.length}-${command.split('/').at(-1)}.log`;
    const child = new LabProcess(this.namespace, command, args, {
      logFile: join(this.#logDirectory, file),
      ...options,
    });
    this.processes.push(child);
    return child;
  }

  /** Ids of everything that runs here, children of children included. */
  processIds(): number[] {
    return processesIn(this.identity);
  }

  /** Signals everything that runs here and returns how many processes there were. */
  signalAll(signal: NodeJS.Signals): number {
    return signalAll(this.identity, signal);
  }

  /** Kills everything that runs here at one instant and returns how many processes there were. */
  killAll(): number {
    return killAll(this.identity);
  }

  /** The lab does this. */
  close(): void {
    this.netlink.close();
    this.namespace.close();
  }
}
