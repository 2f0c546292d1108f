export { createMemoryLan, MemoryLan } from './lan.ts';
export type { CutDirection, MemoryLanOptions, MemoryObserver, MemoryStationOptions } from './options.ts';
export { MemoryStation } from './station.ts';
export { createMemoryTransport } from './transport.ts';
export type { MemoryVirtualStation } from './virtual-station.ts';
