export { loadConfiguration } from './configuration/load.ts';
export { ENGINE_FLAGS, ENGINE_PROGRAM } from './supervisor/engine-connection.ts';
export type { InstanceStatus, StatusDocument } from './supervisor/status.ts';
