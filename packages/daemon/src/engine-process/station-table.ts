/**
 * The stations with a virtual MAC: one for each virtual router on a port that can have them.
 *
 * A station has a device of its own, on which the router's addresses are set while it is Active. Frames for the MAC are
 * carried from after the addresses are there until before they go, so nothing is ever answered in between. The device
 * lives no longer than this process.
 */
import { type Family, virtualMac } from '@locum/protocol';
import type { Port, VirtualStation } from '@locum/transport';
import type { RouterPlan } from '../channel/message.ts';
import type { VirtualAddress } from '../configuration/settings.ts';
import type { AddressHolder } from './effect-executor.ts';

/** Longest name that Linux takes for an interface. */
const NAME_CHARACTERS = 15;
const NAME_RADIX = 36;
/**
 * Of the routes that addresses on a device bring. The way to the other hosts of a prefix leads by the interface itself
 * for as long as it has a route there, whoever made it and whenever; else by the device. To link-local addresses the
 * kernel knows no other way than by the device that is spoken from.
 */
const DEVICE_ROUTE_METRIC = 1_000_000;

export interface StationPorts {
  get(index: number): Port | undefined;
  interfaceName(index: number): string;
  giveUp(index: number, error: unknown): void;
}

interface Held {
  /** The port that the station belongs to; it takes the station with it when it is closed. */
  readonly port: Port;
  readonly deviceName: string;
  readonly station: VirtualStation;
}

export class StationTable implements AddressHolder {
  readonly #ports: StationPorts;
  readonly #addresses: AddressHolder;
  readonly #interfaceIndexOf: (name: string) => number;
  readonly #stations = new Map<number, Held>();

  /** @param interfaceIndexOf looks an interface up by name; 0 when there is none */
  constructor(ports: StationPorts, addresses: AddressHolder, interfaceIndexOf: (name: string) => number) {
    this.#ports = ports;
    this.#addresses = addresses;
    this.#interfaceIndexOf = interfaceIndexOf;
  }

  /** Whether the routers on a port have a MAC of their own: false while it is not open. */
  isVirtual(port: number): boolean {
    return this.#ports.get(port)?.capabilities.virtualStations === true;
  }

  /** Opens the station of `router` where its port can have one, and returns its addresses where they are to be set. */
  place(router: number, { settings, addresses, deviceName }: RouterPlan): readonly VirtualAddress[] {
    if (!this.isVirtual(settings.port)) {
      this.forget(router);
      return addresses;
    }
    const station = this.#open(router, settings.port, settings.family, settings.vrid, deviceName);
    if (station === undefined) return addresses;
    const home = this.#ports.interfaceName(settings.port);
    return addresses.map((address) =>
      address.interfaceName === home
        ? { ...address, interfaceName: station.interfaceName, routeMetric: DEVICE_ROUTE_METRIC }
        : address,
    );
  }

  /** Closes the station of a router that is gone. */
  forget(router: number): void {
    this.#stations.get(router)?.station.close();
    this.#stations.delete(router);
  }

  acquire(routers: readonly number[]): void {
    this.#addresses.acquire(routers);
    for (const router of routers) this.#stations.get(router)?.station.carry(true);
  }

  release(routers: readonly number[]): void {
    for (const router of routers) this.#stations.get(router)?.station.carry(false);
    this.#addresses.release(routers);
  }

  #open(router: number, index: number, family: Family, vrid: number, wanted?: string): VirtualStation | undefined {
    const port = this.#ports.get(index)!;
    const deviceName = wanted ?? stationName(family, vrid, this.#interfaceIndexOf(this.#ports.interfaceName(index)));
    const known = this.#stations.get(router);
    if (known?.port === port && known.deviceName === deviceName) return known.station;
    this.forget(router);
    try {
      const station = port.openStation!({ mac: virtualMac(family, vrid), deviceName });
      this.#stations.set(router, { port, deviceName, station });
      return station;
    } catch (error) {
      this.#ports.giveUp(index, error);
      return undefined;
    }
  }
}

/** Name of the device of a virtual router, unlike that of any other router of this machine. */
export function stationName(family: Family, vrid: number, interfaceIndex: number): string {
  const start = `locum${family}-${vrid}-`;
  return start + interfaceIndex.toString(NAME_RADIX).slice(start.length - NAME_CHARACTERS);
}
