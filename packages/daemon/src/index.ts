export { loadConfiguration } from './configuration/load.ts';
export { ENGINE_FLAGS, ENGINE_PROGRAM } from './supervisor/engine-process.ts';
export type { PortStatus } from './supervisor/port-watch.ts';
export type { InstanceStatus, StatusDocument } from './supervisor/status.ts';
