/**
 * A bridge on a host of the lab, of which its cable is a port: what a router on virtual machines' network has.
 */
import { changeLink, createLink, findLink } from '@locum/linux';
import { parseMac } from './address-text.ts';
import { eventually } from './deadline.ts';
import type { Host } from './host.ts';

export const BRIDGE = 'br0';
const READY_DEADLINE_MS = 10_000;

/** Makes it, with this MAC and without addresses but the link-local one; resolves with its index when it carries frames. */
export async function bridgeOver(host: Host, mac: string): Promise<number> {
  createLink(host.netlink, { kind: 'bridge', name: BRIDGE, mac: parseMac(mac) });
  const bridge = findLink(host.netlink, BRIDGE)!.index;
  changeLink(host.netlink, host.interfaceIndex, { masterIndex: bridge });
  for (const setting of ['accept_dad', 'router_solicitations']) host.sysctl(`ipv6/conf/${BRIDGE}/${setting}`, 0);
  changeLink(host.netlink, bridge, { up: true });
  await eventually(
    `the bridge of ${host.name} carries frames`,
    () => findLink(host.netlink, bridge)?.operstate === 'up',
    READY_DEADLINE_MS,
  );
  return bridge;
}
