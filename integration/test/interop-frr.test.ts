/**
 * locumd beside FRR's vrrpd, in both roles. It speaks by multicast only, and without authentication.
 */
import { describe, it } from 'node:test';
import type { Variant } from '../lib/interop.ts';
import { requires } from '../lib/requirement.ts';
import { testClaims } from './interop-claims.ts';

const VARIANTS: readonly Variant[] = [
  { name: 'version 2', version: 2, family: 4, intervalMs: 1000 },
  { name: 'version 3 over IPv4', version: 3, family: 4, intervalMs: 200 },
  { name: 'version 3 over IPv6', version: 3, family: 6, intervalMs: 200 },
];

describe('locumd and FRR', {
  ...requires('integration/interop-frr', { namespaces: true, root: true, commands: ['zebra', 'vrrpd'] }),
  concurrency: 3,
}, () => {
  for (const variant of VARIANTS) {
    it(`${variant.name}: locumd before FRR`, (context) =>
      testClaims(context, variant, { first: 'locumd', second: 'FRR' }));
    it(`${variant.name}: FRR before locumd`, (context) =>
      testClaims(context, variant, { first: 'FRR', second: 'locumd' }));
  }
});
