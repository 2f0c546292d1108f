/**
 * What can be wrong only between instances.
 */
import { MAX_ROUTERS } from '../board/board.ts';
import { MAX_PORTS } from '../board/port-counters.ts';
import { portKey } from '../channel/message.ts';
import { formatAddress } from './address.ts';
import { type DiagnosticList, formatPlace } from './diagnostic.ts';
import type { InstanceSettings } from './settings.ts';

/** Of both there are as many again while a reload replaces all of them. */
const MOST_INSTANCES = MAX_ROUTERS / 2;
const MOST_PORTS = MAX_PORTS / 2;

/**
 * Reports virtual routers that are one and the same on the LAN, addresses that two instances have, and more instances or
 * interfaces than an engine has room for.
 */
export function checkAcrossInstances(instances: readonly InstanceSettings[], diagnostics: DiagnosticList): void {
  const routers = new Map<string, InstanceSettings>();
  const holders = new Map<string, InstanceSettings>();
  checkRoom(instances, diagnostics);
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

function checkRoom(instances: readonly InstanceSettings[], diagnostics: DiagnosticList): void {
  const hint = 'Run a second locumd with the others: it needs a --run-dir and pid files of its own.';
  const excess = instances[MOST_INSTANCES];
  if (excess !== undefined)
    diagnostics.error('too-many', excess.place, `more than ${MOST_INSTANCES} vrrp_instance blocks`, hint);
  const ports = new Set<string>();
  for (const instance of instances) {
    ports.add(portKey(instance));
    if (ports.size <= MOST_PORTS) continue;
    const what = `more than ${MOST_PORTS} interfaces, counting each once for each transport and its options`;
    diagnostics.error('too-many', instance.place, what, hint);
    return;
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
