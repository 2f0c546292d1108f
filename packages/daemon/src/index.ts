export { loadConfiguration } from './configuration/load.ts';
export type { InstanceStatus, StatusDocument } from './supervisor/status.ts';
