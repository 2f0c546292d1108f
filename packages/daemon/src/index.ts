export type { InstanceStatus, StatusDocument } from './supervisor/status.ts';
