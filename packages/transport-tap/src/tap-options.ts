/**
 * The option block of the TAP transport, checked before anything is opened.
 */
import type { PortOptions } from '@locum/transport';
import { badOption } from './failure.ts';

export type TapMode = 'port' | 'virtual-mac';

export interface BridgeStationOptions {
  /** Name for the device; the kernel puts the lowest free number in place of `%d`. */
  readonly device: string;
  /** MAC of the station, or undefined for one that is derived from its name and the host. */
  readonly mac: Uint8Array | undefined;
  /** What is left for the ring that receives. */
  readonly ring: Readonly<Record<string, string>>;
}

const OWN_OPTIONS: Record<TapMode, readonly string[]> = {
  port: ['mode', 'device', 'bridge', 'mac', 'ring_frames'],
  'virtual-mac': ['mode', 'ring_frames'],
};
const DEFAULT_DEVICE = 'locum%d';
const DEVICE_NAME = /^[^\s/:]{1,15}$/;
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;

/**
 * The mode that the options ask for; `port` where they do not say.
 * @throws TransportError BAD_OPTION for a mode or an option that there is not
 */
export function readMode({ interfaceName, extra = {} }: PortOptions): TapMode {
  const mode = extra.mode ?? 'port';
  if (mode !== 'port' && mode !== 'virtual-mac')
    throw badOption(interfaceName, `the tap transport has no mode "${mode}"`, 'The modes are port and virtual-mac.');
  const known = OWN_OPTIONS[mode];
  for (const name of Object.keys(extra))
    if (!known.includes(name))
      throw badOption(
        interfaceName,
        `the tap transport has no option "${name}" in mode ${mode}`,
        `The options of mode ${mode} are ${known.join(', ')}.`,
      );
  return mode;
}

/** @throws TransportError BAD_OPTION */
export function readBridgeStationOptions({ interfaceName, extra = {} }: PortOptions): BridgeStationOptions {
  const { device = DEFAULT_DEVICE, bridge = interfaceName, mac } = extra;
  if (!DEVICE_NAME.test(device))
    throw badOption(interfaceName, `"${device}" is no name for a device`, 'Give 1 to 15 characters, e.g. locum0.');
  if (bridge !== interfaceName)
    throw badOption(
      interfaceName,
      `the bridge "${bridge}" is another interface than the one of the router`,
      `Write "interface ${bridge}" in the instance: the addresses live on the bridge.`,
    );
  if (mac !== undefined && !(MAC.test(mac) && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0))
    throw badOption(interfaceName, `"${mac}" is no MAC of a station`, 'Give six octets, e.g. 02:00:5e:00:53:01.');
  return {
    device,
    mac: mac === undefined ? undefined : Uint8Array.from(mac.split(':'), (octet) => Number.parseInt(octet, 16)),
    ring: ringOptions(extra),
  };
}

/** The options that the raw transport reads. */
export function ringOptions(extra: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return extra.ring_frames === undefined ? {} : { ring_frames: extra.ring_frames };
}
