/**
 * Virtual addresses on the interfaces: set, kept, taken off, and cleaned up after a predecessor that died.
 *
 * Requests go to the kernel and are answered before the call returns, so an address is usable when `acquire` is done.
 * An address that the interface had before we came (an address owner's own) is never taken off.
 */
import {
  AddressFlag,
  type AddressSpec,
  deleteAddresses,
  findLink,
  type LinkAddress,
  listAddresses,
  type NetlinkSocket,
  replaceAddresses,
} from '@locum/linux';
import { HostEvent } from '../board/event-ring.ts';
import type { VirtualAddress } from '../configuration/settings.ts';

/** IFA_PROTO of addresses set by a VRRP daemon: keepalived's number, so that either cleans up after the other. */
const VRRP_ADDRESS_PROTOCOL = 0x12;
const EADDRNOTAVAIL = 99;
const ENODEV = 19;

/** Told what happened: `kind` is a HostEvent, `value` an errno, `detail` the index of the address. */
export type AddressReport = (kind: number, router: number, value: number, detail: number) => void;

interface Holding {
  addresses: readonly VirtualAddress[];
  /** What the kernel is asked for, by index; undefined where the interface does not exist. */
  specs: readonly (AddressSpec | undefined)[];
  /** The router is Active and its addresses belong on the interfaces. */
  held: boolean;
  /** The router owns its addresses (priority 255): they may have been there before us. */
  owner: boolean;
  /** Addresses found on the interface at the start that are not ours to remove, by index. */
  readonly permanent: Set<number>;
}

export class AddressKeeper {
  readonly #netlink: NetlinkSocket;
  readonly #report: AddressReport;
  readonly #holdings = new Map<number, Holding>();
  /** Interface indexes by name, so that a takeover does not have to ask for them. */
  readonly #interfaces = new Map<string, number>();

  constructor(netlink: NetlinkSocket, report: AddressReport) {
    this.#netlink = netlink;
    this.#report = report;
  }

  /**
   * Sets what `router` holds when Active. While it is Active the difference is carried out at once; the first time,
   * addresses left behind by an earlier process are taken off.
   */
  configure(router: number, addresses: readonly VirtualAddress[], owner: boolean): void {
    const holding = this.#holdings.get(router);
    if (holding === undefined) {
      const specs = addresses.map((address) => this.#spec(address));
      const fresh: Holding = { addresses, specs, held: false, owner, permanent: new Set() };
      this.#holdings.set(router, fresh);
      this.#cleanUp(router, fresh);
      return;
    }
    if (holding.held) {
      const dropped = holding.addresses.filter((old) => !addresses.some((address) => sameAddress(old, address)));
      this.#delete(router, dropped);
    }
    holding.addresses = addresses;
    holding.specs = addresses.map((address) => this.#spec(address));
    holding.owner = owner;
  }

  /** Interfaces came, went or were renamed: looks up again which is which. */
  interfacesChanged(): void {
    this.#interfaces.clear();
    for (const holding of this.#holdings.values()) {
      holding.specs = holding.addresses.map((address) => this.#spec(address));
    }
  }

  /** Forgets `router`, which holds nothing any more. */
  forget(router: number): void {
    this.#holdings.delete(router);
  }

  /** Puts every address of `router` on its interface; those already there are brought into line. */
  acquire(router: number): void {
    const holding = this.#holdings.get(router);
    if (holding === undefined) return;
    holding.held = true;
    this.#set(router, holding, undefined);
  }

  /** Takes every address of `router` off, except those that were there before us. */
  release(router: number): void {
    const holding = this.#holdings.get(router);
    if (holding === undefined) return;
    holding.held = false;
    this.#delete(
      router,
      holding.addresses.filter((_address, index) => !holding.permanent.has(index)),
    );
  }

  /**
   * Puts back what somebody else took off: compares what is held with what the kernel has. Returns the routers that
   * had an address put back; they announce again.
   */
  restore(): number[] {
    const present = listAddresses(this.#netlink);
    const restored: number[] = [];
    for (const [router, holding] of this.#holdings) {
      if (!holding.held) continue;
      const missing: number[] = [];
      for (const [index, address] of holding.addresses.entries()) {
        if (address.track && !this.#isPresent(address, present)) missing.push(index);
      }
      if (missing.length === 0) continue;
      this.#set(router, holding, missing);
      for (const index of missing) this.#report(HostEvent.AddressRestored, router, 0, index);
      restored.push(router);
    }
    return restored;
  }

  /** Whether `address` is one of those that we set, or would set, and not one that the interface has by itself. */
  isVirtual(address: LinkAddress): boolean {
    for (const holding of this.#holdings.values()) {
      for (const [index, virtual] of holding.addresses.entries()) {
        if (!holding.permanent.has(index) && sameOctets(virtual.address, address.address)) return true;
      }
    }
    return false;
  }

  /** Sets the addresses with these indexes, or all. */
  #set(router: number, holding: Holding, only: readonly number[] | undefined): void {
    const specs: AddressSpec[] = [];
    const indexes: number[] = [];
    for (let index = 0; index < holding.specs.length; index++) {
      if (only !== undefined && !only.includes(index)) continue;
      const spec = holding.specs[index];
      if (spec === undefined) {
        this.#report(HostEvent.AddressFailed, router, ENODEV, index);
        continue;
      }
      specs.push(spec);
      indexes.push(index);
    }
    for (const failure of replaceAddresses(this.#netlink, specs)) {
      this.#report(HostEvent.AddressFailed, router, failure.errno, indexes[failure.index]!);
    }
  }

  #delete(router: number, addresses: readonly VirtualAddress[]): void {
    const specs = addresses.flatMap((address) => this.#spec(address) ?? []);
    for (const failure of deleteAddresses(this.#netlink, specs)) {
      // Gone already, by itself or with its interface: what was wanted.
      if (failure.errno === EADDRNOTAVAIL || failure.errno === ENODEV) continue;
      this.#report(HostEvent.AddressFailed, router, failure.errno, failure.index);
    }
  }

  #cleanUp(router: number, holding: Holding): void {
    const present = listAddresses(this.#netlink);
    for (const [index, address] of holding.addresses.entries()) {
      const found = this.#find(address, present);
      if (found === undefined) continue;
      if (holding.owner && found.protocol !== VRRP_ADDRESS_PROTOCOL) {
        holding.permanent.add(index);
        continue;
      }
      this.#delete(router, [address]);
      this.#report(HostEvent.LeftoverRemoved, router, 0, index);
    }
  }

  /** 0 when there is no such interface. */
  #interfaceIndex(name: string): number {
    let index = this.#interfaces.get(name);
    if (index === undefined) {
      index = findLink(this.#netlink, name)?.index ?? 0;
      this.#interfaces.set(name, index);
    }
    return index;
  }

  #isPresent(address: VirtualAddress, present: readonly LinkAddress[]): boolean {
    return this.#find(address, present) !== undefined;
  }

  #find(address: VirtualAddress, present: readonly LinkAddress[]): LinkAddress | undefined {
    const index = this.#interfaceIndex(address.interfaceName);
    return present.find(
      (candidate) =>
        candidate.interfaceIndex === index &&
        candidate.prefixLength === (address.peer?.prefixLength ?? address.prefixLength) &&
        sameOctets(candidate.address, address.address),
    );
  }

  #spec(address: VirtualAddress): AddressSpec | undefined {
    const interfaceIndex = this.#interfaceIndex(address.interfaceName);
    if (interfaceIndex === 0) return undefined;
    return {
      interfaceIndex,
      address: address.address,
      prefixLength: address.peer?.prefixLength ?? address.prefixLength,
      scope: address.scope,
      flags: flagsOf(address),
      protocol: VRRP_ADDRESS_PROTOCOL,
      ...(address.peer === undefined ? {} : { peer: address.peer.address }),
      ...(address.broadcast === undefined ? {} : { broadcast: address.broadcast }),
      ...(address.label === undefined ? {} : { label: address.label }),
      ...(address.preferredLifetimeS === undefined ? {} : { preferredSeconds: address.preferredLifetimeS }),
    };
  }
}

function flagsOf(address: VirtualAddress): number {
  let flags = 0;
  if (address.family === 6 && !address.duplicateAddressDetection) flags |= AddressFlag.NoDad;
  if (address.home) flags |= AddressFlag.Home;
  if (address.managedTemporary) flags |= AddressFlag.ManageTemporary;
  if (address.noPrefixRoute) flags |= AddressFlag.NoPrefixRoute;
  if (address.autojoin) flags |= AddressFlag.AutoJoin;
  return flags;
}

function sameOctets(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function sameAddress(left: VirtualAddress, right: VirtualAddress): boolean {
  return (
    sameOctets(left.address, right.address) &&
    left.interfaceName === right.interfaceName &&
    left.prefixLength === right.prefixLength
  );
}
