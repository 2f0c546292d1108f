/**
 * Transports by name: those that come with Locum, and modules of others. Each is loaded when the configuration asks for it.
 */
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Transport } from '@locum/transport';
import { TRANSPORT_API_VERSION } from '@locum/transport/contract';
import type { TransportSettings } from '../configuration/settings.ts';
import { modulePath } from './plug-in/module-path.ts';
import { AUTHOR_HINT, oneLine, Refusal } from './plug-in/refusal.ts';

export interface LoadedTransport {
  readonly transport: Transport;
  /** Folder of a module that is not ours, and therefore not trusted; undefined for one that comes with Locum. */
  readonly plugInFolder: string | undefined;
}

type Choice = Pick<TransportSettings, 'name' | 'directory'>;

/** Packages of the transports that come with Locum, and the name that each exports its transport by. */
const BUILT_IN: Readonly<Record<string, readonly [packageName: string, exportName: string]>> = {
  raw: ['@locum/transport-raw', 'rawTransport'],
  pcap: ['@locum/transport-pcap', 'pcapTransport'],
  tap: ['@locum/transport-tap', 'tapTransport'],
};

/** Loads a transport. Rejects with a {@link Refusal}. */
export async function loadTransport(choice: Choice): Promise<LoadedTransport> {
  const builtIn = Object.hasOwn(BUILT_IN, choice.name) ? BUILT_IN[choice.name] : undefined;
  if (builtIn !== undefined) return { transport: await loadBuiltIn(...builtIn), plugInFolder: undefined };
  const ownFolder = dirname(fileURLToPath(import.meta.url));
  const file = modulePath(choice.name, [choice.directory, ownFolder]);
  const exports = await load(pathToFileURL(file).href, choice.name);
  return { transport: checked(exports.transport ?? exports.default, choice.name), plugInFolder: dirname(file) };
}

async function loadBuiltIn(packageName: string, exportName: string): Promise<Transport> {
  const exports = await load(packageName, packageName);
  return exports[exportName] as Transport;
}

async function load(specifier: string, name: string): Promise<Record<string, unknown>> {
  try {
    return (await import(specifier)) as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' && specifier === name) {
      throw new Refusal('MODULE_NOT_FOUND', `the package ${name} is not installed`, `Install it: npm install ${name}`);
    }
    const hint = 'Mend it and start locumd again: a module that failed is not loaded twice.';
    throw new Refusal('MODULE_FAILED', `it cannot be loaded: ${oneLine(error)}`, hint);
  }
}

function checked(candidate: unknown, name: string): Transport {
  const transport = candidate as Partial<Transport> | null | undefined;
  const missing =
    typeof transport !== 'object' || transport === null
      ? 'it exports no transport'
      : typeof transport.name !== 'string'
        ? 'its name is not a text'
        : typeof transport.apiVersion !== 'number'
          ? 'its apiVersion is not a number'
          : typeof transport.capabilities !== 'object' || transport.capabilities === null
            ? 'it has no capabilities'
            : typeof transport.open !== 'function'
              ? 'it has no function open'
              : undefined;
  if (missing !== undefined) {
    const hint = `The module must export an object of type Transport as transport or as default. ${AUTHOR_HINT}`;
    throw new Refusal('NOT_A_TRANSPORT', missing, hint);
  }
  const { apiVersion } = transport as Transport;
  if (Math.trunc(apiVersion) !== TRANSPORT_API_VERSION) {
    throw new Refusal(
      'WRONG_API_VERSION',
      `it was made for version ${apiVersion} of the contract, and this is version ${TRANSPORT_API_VERSION}`,
      `Install a version of ${name} that fits this Locum.`,
    );
  }
  return transport as Transport;
}
