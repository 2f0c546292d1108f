/**
 * Finds the compiled test files and sorts them into tiers.
 *
 * `unit`: needs nothing. `network`: makes network namespaces (everything in integration, and `*.network.test.ts`).
 * `timing`: measures, so it runs alone (`*.timing.test.ts`). A compiled file whose source is gone is left out.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const TIERS = ['unit', 'network', 'timing'];

/** Each file with its source, its tier, and whether it needs namespaces; sorted by source. */
export function findTestFiles(root) {
  const packages = ['packages', 'examples'].flatMap((parent) =>
    readdirSync(path.join(root, parent)).map((name) => path.join(parent, name)),
  );
  return [...packages, 'integration', 'bench']
    .flatMap((folder) => compiledTests(root, folder))
    .sort((left, right) => left.source.localeCompare(right.source));
}

function compiledTests(root, folder) {
  const tests = path.join(root, folder, 'dist', 'test');
  if (!existsSync(tests)) return [];
  return readdirSync(tests, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => describe(folder, name))
    .filter(({ source }) => existsSync(path.join(root, source)));
}

function describe(folder, name) {
  const source = path.join(folder, 'test', `${name.slice(0, -'.js'.length)}.ts`);
  const needsNamespaces = folder === 'integration' || name.endsWith('.network.test.js');
  const timing = name.endsWith('.timing.test.js');
  const tier = timing ? 'timing' : needsNamespaces ? 'network' : 'unit';
  return { source, compiled: path.join(folder, 'dist', 'test', name), tier, needsNamespaces };
}
