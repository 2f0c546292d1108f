/**
 * Which station has which address, for frames that ask for an address and not for a MAC. Both families in one book.
 */
import type { Station } from './station.ts';

interface Entry {
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  readonly station: Station;
}

export class AddressBook {
  /** By the last four octets as a number, which need not be unique. */
  readonly #entries = new Map<number, Entry[]>();

  /** False where it is there already. */
  add(address: Uint8Array, station: Station): boolean {
    const key = keyOf(address, address.length);
    const entries = this.#entries.get(key) ?? [];
    if (entries.some((entry) => entry.station === station && same(entry.address, address, 0))) return false;
    entries.push({ address, station });
    this.#entries.set(key, entries);
    return true;
  }

  /** False where it was not there. */
  delete(address: Uint8Array, station: Station): boolean {
    const key = keyOf(address, address.length);
    const entries = this.#entries.get(key) ?? [];
    const index = entries.findIndex((entry) => entry.station === station && same(entry.address, address, 0));
    if (index < 0) return false;
    entries.splice(index, 1);
    if (entries.length === 0) this.#entries.delete(key);
    return true;
  }

  /** All addresses of a station. */
  of(station: Station): Uint8Array[] {
    const all = [...this.#entries.values()].flat();
    return all.filter((entry) => entry.station === station).map((entry) => entry.address);
  }

  /** The station that carries now and has the address in `bytes[start..end)`. */
  find(bytes: Uint8Array, start: number, end: number): Station | undefined {
    const entries = this.#entries.get(keyOf(bytes, end));
    if (entries === undefined) return undefined;
    for (let index = 0; index < entries.length; index++) {
      const { address, station } = entries[index]!;
      if (station.carrying && address.length === end - start && same(address, bytes, start)) return station;
    }
    return undefined;
  }
}

function keyOf(bytes: Uint8Array, end: number): number {
  return (bytes[end - 4]! << 24) | (bytes[end - 3]! << 16) | (bytes[end - 2]! << 8) | bytes[end - 1]!;
}

/** Whether `address` stands in `bytes` at `start`. */
function same(address: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < address.length; index++) if (address[index] !== bytes[start + index]) return false;
  return true;
}
