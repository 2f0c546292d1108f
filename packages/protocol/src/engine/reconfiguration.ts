/**
 * What changes when a running router gets other settings.
 */
import { announce } from '../machine/announcement.ts';
import type { HostedRouter } from './hosted-router.ts';
import type { Output } from './output.ts';
import { sameAddress } from './port.ts';
import type { RouterSettings } from './settings.ts';

/** Port, family and VRID: what makes two settings those of the same router. */
export function routerKey(settings: RouterSettings): string {
  return `${settings.port}/${settings.family}/${settings.vrid}`;
}

/** The differences that a running router must act on. All others are in its frames and its profile. */
export interface SettingsChange {
  /** Anything that a running router must be changed for: not its name, and not the phase it would begin with. */
  readonly any: boolean;
  readonly priority: boolean;
  readonly timing: boolean;
  readonly addresses: boolean;
  readonly announcement: boolean;
}

const INSIGNIFICANT: ReadonlySet<keyof RouterSettings> = new Set(['name', 'phaseUs'] as const);

export function compareSettings(before: RouterSettings, after: RouterSettings): SettingsChange {
  const differs = (...keys: (keyof RouterSettings)[]): boolean => keys.some((key) => !isSame(before[key], after[key]));
  return {
    any: differs(...(Object.keys(after) as (keyof RouterSettings)[]).filter((key) => !INSIGNIFICANT.has(key))),
    priority: differs('priority'),
    timing: differs('version', 'advertisementIntervalUs', 'downAdverts'),
    addresses: differs('addresses', 'unadvertisedAddresses'),
    announcement: differs('announcement'),
  };
}

/** Whether two values made of plain objects, arrays, octets and primitives are the same. */
function isSame(first: unknown, second: unknown): boolean {
  if (typeof first !== 'object' || typeof second !== 'object' || first === null || second === null) {
    return Object.is(first, second);
  }
  const keys = Object.keys(first);
  return (
    keys.length === Object.keys(second).length &&
    keys.every((key) => isSame(first[key as keyof typeof first], second[key as keyof typeof second]))
  );
}

/** Announces the addresses that an Active did not have before. Spread out, all are announced, which is as good. */
export function announceNewAddresses(router: HostedRouter, before: RouterSettings, output: Output): void {
  const known = [...before.addresses, ...before.unadvertisedAddresses];
  const added = [...router.settings.addresses, ...router.settings.unadvertisedAddresses].flatMap((address, index) =>
    known.some((other) => sameAddress(other, address)) ? [] : [index],
  );
  const { repeat, arpGapUs, neighborGapUs } = router.settings.announcement;
  if (added.length > 0 && (arpGapUs > 0 || neighborGapUs > 0)) {
    announce(router, repeat, output);
    return;
  }
  for (let walk = 0; walk < repeat; walk++) {
    for (const index of added) output.transmitAnnouncement(router, index);
  }
}
