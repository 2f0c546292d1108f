/**
 * From a configuration file to settings: the one entry point of this folder.
 *
 * Text becomes lines (`text/reader.ts`), lines a tree (`text/tree.ts`), statements settings (the files beside this
 * one). Nothing stops at the first error: all that is wrong is told at once.
 */
import { hostname } from 'node:os';
import { checkAcrossInstances } from './across-instances.ts';
import { type Given, readBlock } from './block.ts';
import { STANDARD_TRANSPORT } from './built-in-transport.ts';
import { type Diagnostic, DiagnosticList, formatPlace } from './diagnostic.ts';
import { diskFiles, type FileAccess } from './file-access.ts';
import { checkNamespace, globalSettings, instanceDefaults, readGlobalBlocks } from './global-block.ts';
import { configurationGrammar } from './grammar.ts';
import { readInstanceBlock } from './instance-block.ts';
import { instanceSettings } from './instance-settings.ts';
import { isLoadBalancerBlock } from './keywords/table.ts';
import type { DaemonSettings, InstanceSettings, TransportSettings } from './settings.ts';
import { Reader } from './text/reader.ts';
import { SourceCollection } from './text/source.ts';
import type { Token } from './text/token.ts';
import { buildTree, type Statement } from './text/tree.ts';
import { readTransport, transportCalled } from './transport.ts';

export interface LoadOptions {
  /** What `@ID` lines compare with: `-i`, or the host name up to the first dot. Also `${_INSTANCE}`. */
  readonly configId: string;
  /** For `${_ENV NAME}`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly files?: FileAccess;
  /** `-e`: a plain `include` must match and be readable, or it is an error. */
  readonly strictIncludes?: boolean;
  /** Default of `router_id`; the host name if not given. */
  readonly routerId?: string;
  /** For `${_RANDOM}`: 0 up to but not including 1. */
  readonly random?: () => number;
  /** `--transport`: the one of instances that name none, instead of that of `global_defs`. Paths are of this process. */
  readonly transport?: string | undefined;
  /** MTU of an interface, which limits how many addresses an advert can list. 1500 where it is not known. */
  readonly mtuBytes?: (interfaceName: string) => number | undefined;
}

export interface LoadedConfiguration {
  /** Undefined when there is any error among the diagnostics. */
  readonly settings: DaemonSettings | undefined;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every file that was read, the main one first. */
  readonly sources: readonly string[];
}

/** Reads `path` and all it includes. Never throws; whatever is wrong is among the diagnostics. */
export function loadConfiguration(path: string, options: LoadOptions): LoadedConfiguration {
  const files = options.files ?? diskFiles;
  const sources = new SourceCollection(files);
  const diagnostics = new DiagnosticList((place) => sources.lineOf(place));
  const reader = new Reader(sources, diagnostics, {
    configId: options.configId,
    environment: options.environment ?? process.env,
    random: options.random ?? Math.random,
    files,
    strictIncludes: options.strictIncludes ?? false,
  });
  const tree = buildTree(reader.read(path), configurationGrammar, diagnostics);
  const settings = readTree(tree, options, diagnostics);
  return {
    settings: diagnostics.hasErrors ? undefined : settings,
    diagnostics: diagnostics.inOrder(sources.paths),
    sources: sources.paths,
  };
}

function readTree(tree: readonly Statement[], options: LoadOptions, diagnostics: DiagnosticList): DaemonSettings {
  const globals: { statements: readonly Statement[]; followsInstance: boolean }[] = [];
  const instances: { name: Token; statements: readonly Statement[] }[] = [];
  const outermost = readBlock('root', withoutLoadBalancer(tree, diagnostics), diagnostics, (row, argument) => {
    if (row.name === 'global_defs') {
      globals.push({ statements: argument.block, followsInstance: instances.length > 0 });
    } else if (row.name === 'vrrp_instance') {
      const name: Token = { ...argument.keyword, text: argument.text, place: argument.place };
      if (isNewName(name, instances, diagnostics)) instances.push({ name, statements: argument.block });
    } else {
      checkNamespace(argument, diagnostics);
    }
  });
  const given = readGlobalBlocks(globals, diagnostics);
  const surroundings = {
    defaults: instanceDefaults(given),
    transport: standardTransport(given, options, diagnostics),
    mtuBytes: options.mtuBytes ?? (() => undefined),
    diagnostics,
  };
  const settings: InstanceSettings[] = [];
  for (const { name, statements } of instances) {
    const instance = instanceSettings(readInstanceBlock(name, statements, diagnostics), surroundings);
    if (instance !== undefined) settings.push(instance);
  }
  checkAcrossInstances(settings, diagnostics);
  return { global: globalSettings(given, outermost, options.routerId ?? hostname()), instances: settings };
}

/** What instances use that name no transport themselves. */
function standardTransport(given: Given, options: LoadOptions, diagnostics: DiagnosticList): TransportSettings {
  const argument = given.get('transport');
  const configured = argument === undefined ? undefined : readTransport(argument, diagnostics);
  if (options.transport !== undefined) return transportCalled(options.transport, '.');
  return configured ?? STANDARD_TRANSPORT;
}

function withoutLoadBalancer(tree: readonly Statement[], diagnostics: DiagnosticList): Statement[] {
  return tree.filter((statement) => {
    const keyword = statement.words[0]!;
    if (!isLoadBalancerBlock(keyword.text)) return true;
    diagnostics.notice(
      'load-balancer',
      keyword.place,
      `${keyword.text} is skipped: it concerns keepalived's load balancer`,
      'Nothing to do, unless you need the load balancer.',
    );
    return false;
  });
}

function isNewName(name: Token, instances: readonly { name: Token }[], diagnostics: DiagnosticList): boolean {
  const earlier = instances.find((instance) => instance.name.text === name.text);
  if (earlier === undefined) return true;
  diagnostics.error(
    'duplicate-instance',
    name.place,
    `there is a vrrp_instance ${name.text.slice(0, 64)} already (${formatPlace(earlier.name.place)})`,
    'Give each instance a name of its own.',
  );
  return false;
}
