/**
 * locumd beside keepalived, in both roles, with one configuration text for both.
 */
import { describe, it } from 'node:test';
import type { Variant } from '../lib/interop.ts';
import { requires } from '../lib/requirement.ts';
import { testClaims } from './interop-claims.ts';

const version2 = { version: 2, family: 4, intervalMs: 1000 } as const;
const version3 = { version: 3, family: 4, intervalMs: 200 } as const;
const overIpv6 = { version: 3, family: 6, intervalMs: 200 } as const;

const VARIANTS: readonly Variant[] = [
  { name: 'version 2', ...version2 },
  { name: 'version 2 with PASS', ...version2, authentication: 'PASS' },
  { name: 'version 2 with AH', ...version2, authentication: 'AH' },
  { name: 'version 2 by unicast', ...version2, unicast: true },
  { name: 'version 3 over IPv4', ...version3 },
  { name: 'version 3 over IPv4 by unicast', ...version3, unicast: true },
  { name: 'version 3 over IPv6', ...overIpv6 },
  { name: 'version 3 over IPv6 by unicast', ...overIpv6, unicast: true },
];

describe('locumd and keepalived', {
  ...requires('integration/interop-keepalived', { namespaces: true, commands: ['keepalived'] }),
  concurrency: 5,
}, () => {
  for (const variant of VARIANTS) {
    it(`${variant.name}: locumd before keepalived`, (context) =>
      testClaims(context, variant, { first: 'locumd', second: 'keepalived' }));
    it(`${variant.name}: keepalived before locumd`, (context) =>
      testClaims(context, variant, { first: 'keepalived', second: 'locumd' }));
  }
});
