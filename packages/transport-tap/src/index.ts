export { bridgeStationTransport } from './bridge-station.ts';
export type { Carriage } from './carrier.ts';
export { tapTransport } from './tap-transport.ts';
export { virtualMacTransport } from './virtual-mac.ts';
