export { loadConfiguration } from './configuration/load.ts';
export { ENGINE_ARGUMENTS } from './supervisor/engine-connection.ts';
export type { InstanceStatus, StatusDocument } from './supervisor/status.ts';
