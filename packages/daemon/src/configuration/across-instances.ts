/**
 * What can be wrong only between instances.
 */
import { formatAddress } from './address.ts';
import { type DiagnosticList, formatPlace } from './diagnostic.ts';
import type { InstanceSettings } from './settings.ts';

/** Reports virtual routers that are one and the same on the LAN, and addresses that two instances have. */
export function checkAcrossInstances(instances: readonly InstanceSettings[], diagnostics: DiagnosticList): void {
  const routers = new Map<string, InstanceSettings>();
  const holders = new Map<string, InstanceSettings>();
  for (const instance of instances) {
    checkRouter(instance, routers, diagnostics);
    for (const { address, interfaceName, text } of instance.addresses) {
      const identity = `${formatAddress(address)} ${interfaceName}`;
      const holder = holders.get(identity);
      holders.set(identity, instance);
      if (holder === undefined) continue;
      diagnostics.warning(
        'shared-address',
        instance.place,
        `${instance.name} and ${holder.name} (${formatPlace(holder.place)}) both have ${text} on ${interfaceName}`,
        'Give the address to one of them: each would take it away from the other.',
      );
    }
  }
}

function checkRouter(
  instance: InstanceSettings,
  routers: Map<string, InstanceSettings>,
  diagnostics: DiagnosticList,
): void {
  const { family, vrid } = instance.router;
  const identity = `${instance.interfaceName} ${family} ${vrid}`;
  const earlier = routers.get(identity);
  if (earlier === undefined) {
    routers.set(identity, instance);
    return;
  }
  diagnostics.error(
    'duplicate-vrid',
    instance.place,
    `${instance.name} and ${earlier.name} (${formatPlace(earlier.place)}) both have virtual_router_id ${vrid} ` +
      `for IPv${family} on ${instance.interfaceName}`,
    'Give one of them another virtual_router_id.',
  );
}
