/** What the rest of the daemon takes from this folder. */
export { type Diagnostic, formatDiagnostic, formatPlace, type Severity, type SourcePlace } from './diagnostic.ts';
export type { FileAccess, FileContent } from './file-access.ts';
export { type LoadedConfiguration, type LoadOptions, loadConfiguration } from './load.ts';
export { renderReference } from './reference.ts';
export type {
  DaemonSettings,
  GlobalSettings,
  InstanceSettings,
  TransportSettings,
  VirtualAddress,
} from './settings.ts';
