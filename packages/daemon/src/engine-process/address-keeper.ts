/**
 * Virtual addresses on the interfaces: set, kept, taken off, and cleaned up after a predecessor that died.
 *
 * Requests go to the kernel and are answered before the call returns, so an address is usable when `acquire` is done.
 * An address that the interface of an address owner has by itself is never set, changed or taken off.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type AddressChange,
  AddressFlag,
  type AddressSpec,
  changeAddresses,
  deleteAddresses,
  findLink,
  type Link,
  type LinkAddress,
  listAddresses,
  type NetlinkSocket,
  prepareReplacement,
} from '@locum/linux';
import { HostEvent } from '../board/event-ring.ts';
import type { VirtualAddress } from '../configuration/settings.ts';

/** IFA_PROTO of addresses set by a VRRP daemon: keepalived's number, so that either cleans up after the other. */
const VRRP_ADDRESS_PROTOCOL = 0x12;
const EADDRNOTAVAIL = 99;
const ENODEV = 19;

/** Told what happened: `kind` is a HostEvent, `value` an errno, `detail` the index of the address. */
export type AddressReport = (kind: number, router: number, value: number, detail: number) => void;

interface Entry {
  readonly router: number;
  readonly holding: Holding;
  readonly address: VirtualAddress;
  /** Place in the configured list, for reports. */
  readonly index: number;
  /** What the kernel is asked for; undefined where the interface does not exist. */
  spec: AddressSpec | undefined;
  /** How it is set, prepared for the moment when it counts; as `spec`. */
  replacement: AddressChange | undefined;
  /** The interface has it by itself: not ours to touch. */
  permanent: boolean;
}

interface Holding {
  readonly addresses: readonly VirtualAddress[];
  entries: readonly Entry[];
  /** The router is Active and its addresses belong on the interfaces. */
  held: boolean;
  /** The router owns its addresses (priority 255): they may have been there before us. */
  owner: boolean;
}

export class AddressKeeper {
  readonly #netlink: NetlinkSocket;
  readonly #report: AddressReport;
  readonly #interfaceIndexOf: (name: string) => number;
  readonly #holdings = new Map<number, Holding>();
  /** Entries by the octets of their address. */
  readonly #byOctets = new Map<string, Entry[]>();
  /** Interface indexes by name, so that a takeover does not have to ask for them. */
  readonly #interfaces = new Map<string, number>();

  /** @param interfaceIndexOf looks an interface up by name; 0 when there is none */
  constructor(
    netlink: NetlinkSocket,
    report: AddressReport,
    interfaceIndexOf = (name: string): number => findLink(netlink, name)?.index ?? 0,
  ) {
    this.#netlink = netlink;
    this.#report = report;
    this.#interfaceIndexOf = interfaceIndexOf;
  }

  /**
   * Sets what `router` holds when Active. While it is Active the difference is carried out at once; the first time,
   * addresses left behind by an earlier process are taken off. Returns false when all of it was so before.
   */
  configure(router: number, addresses: readonly VirtualAddress[], owner: boolean): boolean {
    const before = this.#holdings.get(router);
    if (before !== undefined && before.owner === owner && isDeepStrictEqual(before.addresses, addresses)) return false;
    const known = (spec: AddressSpec | undefined): Entry | undefined =>
      before?.entries.find((entry) => isDeepStrictEqual(entry.spec, spec));
    const holding: Holding = { addresses, entries: [], owner, held: before?.held ?? false };
    const entries = addresses.map((address, index): Entry => {
      const spec = this.#spec(address);
      const permanent = known(spec)?.permanent ?? false;
      return { router, holding, address, index, spec, replacement: spec && prepareReplacement(spec), permanent };
    });
    this.forget(router);
    holding.entries = entries;
    this.#holdings.set(router, holding);
    for (const entry of entries) this.#withOctets(entry.address.address).push(entry);
    if (owner) this.#findPermanent(entries.filter(({ spec }) => known(spec) === undefined));
    if (before === undefined) this.#cleanUp(router, entries);
    else if (before.held) {
      const isKept = ({ spec }: Entry): boolean => entries.some((entry) => isDeepStrictEqual(entry.spec, spec));
      this.#delete(before.entries.filter((entry) => !isKept(entry) && !this.#isHeldElsewhere(entry)));
      this.#set(entries);
    }
    return true;
  }

  /** Whether a router has an address with these octets, wherever. */
  has({ address }: LinkAddress): boolean {
    return this.#byOctets.has(keyOf(address));
  }

  /** Whether an event of a link says that an interface of ours is another one than we know, or may be. */
  isMovedBy({ index, name }: Link, gone: boolean): boolean {
    for (const [known, knownIndex] of this.#interfaces) {
      if (knownIndex === 0 ? !gone : gone ? knownIndex === index : (knownIndex === index) !== (known === name))
        return true;
    }
    return false;
  }

  /** Interfaces came, went or were renamed: looks up again which is which. */
  interfacesChanged(): void {
    this.#interfaces.clear();
    const leftBehind: Entry[] = [];
    for (const { entries, held } of this.#holdings.values()) {
      for (const entry of entries) {
        const before = entry.spec;
        entry.spec = this.#spec(entry.address);
        entry.replacement = entry.spec && prepareReplacement(entry.spec);
        if (held && before?.interfaceIndex !== entry.spec?.interfaceIndex) leftBehind.push({ ...entry, spec: before });
      }
    }
    // An interface that was renamed took the addresses along, and nobody would find them there.
    this.#delete(leftBehind);
  }

  /** Forgets `router`, which holds nothing any more. */
  forget(router: number): void {
    for (const entry of this.#holdings.get(router)?.entries ?? []) {
      const others = this.#withOctets(entry.address.address);
      others.splice(others.indexOf(entry), 1);
      if (others.length === 0) this.#byOctets.delete(keyOf(entry.address.address));
    }
    this.#holdings.delete(router);
  }

  #withOctets(octets: Uint8Array): Entry[] {
    const key = keyOf(octets);
    const known = this.#byOctets.get(key) ?? [];
    this.#byOctets.set(key, known);
    return known;
  }

  /** Another router has taken the address over already. */
  #isHeldElsewhere({ router, spec }: Entry): boolean {
    const others = spec === undefined ? [] : (this.#byOctets.get(keyOf(spec.address)) ?? []);
    return others.some((other) => other.router !== router && other.holding.held && isSameAddress(other.spec, spec));
  }

  /** Puts every address of `routers` on its interface; those already there are brought into line. */
  acquire(routers: readonly number[]): void {
    const wanted: Entry[] = [];
    const owned: Entry[] = [];
    for (const router of routers) {
      const holding = this.#holdings.get(router);
      if (holding === undefined) continue;
      if (holding.owner && !holding.held) owned.push(...holding.entries);
      holding.held = true;
      wanted.push(...holding.entries);
    }
    // The interface may have got its own address after we were configured.
    if (owned.length > 0) this.#findPermanent(owned);
    this.#set(wanted);
  }

  /** Takes every address of `routers` off, except those that were there before us. */
  release(routers: readonly number[]): void {
    const unwanted: Entry[] = [];
    for (const router of routers) {
      const holding = this.#holdings.get(router);
      if (holding === undefined) continue;
      holding.held = false;
      unwanted.push(...holding.entries);
    }
    this.#delete(unwanted);
  }

  /**
   * Puts back what somebody else took off: compares what is held with what the kernel has. Returns the routers that
   * had an address put back; they announce again.
   */
  restore(): number[] {
    const present = listAddresses(this.#netlink);
    const restored: number[] = [];
    for (const [router, { held, entries }] of this.#holdings) {
      if (!held) continue;
      const missing = entries.filter(({ address, spec, permanent }) =>
        permanent
          ? !present.some((candidate) => isAt(candidate, spec))
          : address.track && !present.some((candidate) => isSpecified(candidate, spec)),
      );
      if (missing.length === 0) continue;
      // The interface's own address is not its own any more, and still the router's.
      for (const entry of missing) entry.permanent = false;
      this.#set(missing);
      for (const { index } of missing) this.#report(HostEvent.AddressRestored, router, 0, index);
      restored.push(router);
    }
    return restored;
  }

  /** Whether `address` is one of those that we set, or would set, and not one that the interface has by itself. */
  isVirtual(address: LinkAddress): boolean {
    const entries = this.#byOctets.get(keyOf(address.address)) ?? [];
    return entries.some(({ permanent, holding }) => !permanent && !(holding.owner && isForeign(address)));
  }

  /** An owner's address that is there and that no VRRP daemon set, whatever its prefix, is the interface's own. */
  #findPermanent(entries: readonly Entry[]): void {
    const present = listAddresses(this.#netlink).filter(isForeign);
    for (const entry of entries) {
      entry.permanent = present.some((candidate) => isAt(candidate, entry.spec));
    }
  }

  #set(entries: readonly Entry[]): void {
    const wanted: Entry[] = [];
    const changes: AddressChange[] = [];
    for (const entry of entries) {
      if (entry.permanent) continue;
      if (entry.replacement === undefined) {
        this.#report(HostEvent.AddressFailed, entry.router, ENODEV, entry.index);
        continue;
      }
      wanted.push(entry);
      changes.push(entry.replacement);
    }
    for (const { index, errno } of changeAddresses(this.#netlink, changes)) {
      this.#report(HostEvent.AddressFailed, wanted[index]!.router, errno, wanted[index]!.index);
    }
  }

  #delete(entries: readonly Entry[]): void {
    const wanted = entries.filter(({ spec, permanent }) => spec !== undefined && !permanent);
    const specs = wanted.map(({ spec }) => spec!);
    for (const { index, errno } of deleteAddresses(this.#netlink, specs)) {
      // Gone already, by itself or with its interface: what was wanted.
      if (errno === EADDRNOTAVAIL || errno === ENODEV) continue;
      this.#report(HostEvent.AddressFailed, wanted[index]!.router, errno, wanted[index]!.index);
    }
  }

  /**
   * What a VRRP daemon set goes whatever its prefix was. Of addresses whose origin nobody knows, only one with exactly
   * our prefix is taken for a left-over: with another, it may be the host's own.
   */
  #cleanUp(router: number, entries: readonly Entry[]): void {
    const present = listAddresses(this.#netlink);
    for (const { index, spec, permanent } of entries) {
      if (permanent) continue;
      const left = present.filter(
        (candidate) => isSpecified(candidate, spec) || (!isForeign(candidate) && isAt(candidate, spec)),
      );
      if (left.length === 0) continue;
      const specs = left.map(({ interfaceIndex, address: octets, prefixLength, peer }) => ({
        ...{ interfaceIndex, prefixLength, address: octets },
        ...(peer === undefined ? {} : { peer }),
      }));
      for (const { errno } of deleteAddresses(this.#netlink, specs)) {
        this.#report(HostEvent.AddressFailed, router, errno, index);
      }
      this.#report(HostEvent.LeftoverRemoved, router, 0, index);
    }
  }

  /** 0 when there is no such interface. */
  #interfaceIndex(name: string): number {
    let index = this.#interfaces.get(name);
    if (index === undefined) {
      index = this.#interfaceIndexOf(name);
      this.#interfaces.set(name, index);
    }
    return index;
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
      ...(address.routeMetric === undefined ? {} : { routeMetric: address.routeMetric }),
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

function keyOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1');
}

/** The kernel knows an address by its interface, octets and prefix. */
function isSameAddress(first: AddressSpec | undefined, second: AddressSpec | undefined): boolean {
  if (first === undefined || second === undefined) return false;
  return (
    first.interfaceIndex === second.interfaceIndex &&
    first.prefixLength === second.prefixLength &&
    sameOctets(first.address, second.address)
  );
}

function sameOctets(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** The same octets on the same interface, whatever the prefix. */
function isAt(candidate: LinkAddress, spec: AddressSpec | undefined): boolean {
  return (
    spec !== undefined &&
    candidate.interfaceIndex === spec.interfaceIndex &&
    sameOctets(candidate.address, spec.address)
  );
}

function isSpecified(candidate: LinkAddress, spec: AddressSpec | undefined): boolean {
  return (
    candidate.interfaceIndex === spec?.interfaceIndex &&
    candidate.prefixLength === spec.prefixLength &&
    sameOctets(candidate.address, spec.address)
  );
}

/** Not set by a VRRP daemon, or by one on a kernel that does not note it. */
function isForeign(address: LinkAddress): boolean {
  return address.protocol !== VRRP_ADDRESS_PROTOCOL;
}
