/**
 * What may happen to the interface of a router, or to the device that its transport made, and how it is undone.
 */
import { changeLink, createNetworkNamespace, deleteLink, findLink, NetlinkSocket } from '@locum/linux';
import type { Host } from './host.ts';
import type { TransportWay } from './transport-way.ts';

export interface Surroundings {
  readonly host: Host;
  /** Index of the interface as it is at the moment. */
  index: number;
}

export interface LinkChange {
  readonly name: string;
  /** What the log says of it before FAULT; undefined where nothing may happen. */
  readonly reason: RegExp | undefined;
  /** The daemon makes it good without waiting for `back`. */
  readonly selfHealing?: true;
  readonly away: (surroundings: Surroundings) => void;
  readonly back: (surroundings: Surroundings) => void | Promise<void>;
}

/** The interface is deleted, and made anew. */
export function deletion({ interfaceName, make }: TransportWay): LinkChange {
  return {
    name: 'an interface that is deleted',
    reason: new RegExp(interfaceName),
    away: ({ host, index }) => deleteLink(host.netlink, index),
    back: async (surroundings) => {
      surroundings.index = await make(surroundings.host);
    },
  };
}

/** Everything that may happen on this way. */
export function linkChanges(way: TransportWay): readonly LinkChange[] {
  const { interfaceName: name } = way;
  return [
    deletion(way),
    {
      name: 'an interface that is set down',
      reason: new RegExp(`${name} (is down|reports down)|reports ${name} down|${name}: `),
      away: ({ host, index }) => changeLink(host.netlink, index, { up: false }),
      back: ({ host, index }) => changeLink(host.netlink, index, { up: true }),
    },
    {
      name: 'an interface that is renamed',
      reason: new RegExp(name),
      away: ({ host, index }) => changeLink(host.netlink, index, { name: 'other0' }),
      back: ({ host, index }) => changeLink(host.netlink, index, { name }),
    },
    {
      name: 'an interface that is given another MTU',
      reason: undefined,
      away: ({ host, index }) => changeLink(host.netlink, index, { mtu: 1280 }),
      back: ({ host, index }) => changeLink(host.netlink, index, { mtu: 1500 }),
    },
    // No kernel moves a bridge.
    ...(way.device === undefined ? [move(way)] : deviceChanges(way.device)),
  ];
}

function move({ interfaceName, address }: TransportWay): LinkChange {
  const namespace = createNetworkNamespace();
  return {
    name: 'an interface that is moved to another namespace',
    reason: new RegExp(interfaceName),
    away: ({ host, index }) => changeLink(host.netlink, index, { namespace }),
    back: (surroundings) => {
      const { host } = surroundings;
      const elsewhere = namespace.run(() => new NetlinkSocket());
      changeLink(elsewhere, findLink(elsewhere, interfaceName)!.index, { namespace: host.namespace });
      elsewhere.close();
      surroundings.index = findLink(host.netlink, interfaceName)!.index;
      changeLink(host.netlink, surroundings.index, { up: true });
      host.addAddress(address, surroundings.index);
    },
  };
}

/** The device of the transport belongs to the daemon: whatever somebody does to it, the daemon makes it good. */
function deviceChanges(device: string): readonly LinkChange[] {
  const change = (name: string, reason: RegExp | undefined, away: LinkChange['away']): LinkChange => ({
    ...{ name: `a device that is ${name}`, reason, away, selfHealing: true },
    back: () => {},
  });
  const indexOf = (host: Host): number => findLink(host.netlink, device)!.index;
  const namespace = createNetworkNamespace();
  return [
    change('deleted', /locum0 was deleted/, ({ host }) => deleteLink(host.netlink, indexOf(host))),
    change('set down', /locum0 was set down/, ({ host }) => changeLink(host.netlink, indexOf(host), { up: false })),
    change('taken off its bridge', /locum0 was taken off/, ({ host }) =>
      changeLink(host.netlink, indexOf(host), { masterIndex: 0 }),
    ),
    change('moved to another namespace', /locum0 was deleted or moved away/, ({ host }) =>
      changeLink(host.netlink, indexOf(host), { namespace }),
    ),
    {
      ...change('renamed', undefined, ({ host }) => changeLink(host.netlink, indexOf(host), { name: 'other0' })),
      back: ({ host }) => changeLink(host.netlink, findLink(host.netlink, 'other0')!.index, { name: device }),
    },
  ];
}
