/**
 * Load on the LAN: adverts of a virtual router that nobody has, for as long as something else is looked at.
 */
import { advertFrame } from './frames.ts';
import type { Host } from './host.ts';
import { Injector } from './injector.ts';
import type { Lab } from './lab.ts';

const PERIOD_MS = 1;
/** Sent together each period where nothing else is said. */
const FRAMES_AT_ONCE = 5;

/** Sends adverts of a stranger from `sender` for as long as `action` lasts. */
export async function underLoad(
  lab: Lab,
  sender: Host,
  action: () => Promise<void>,
  framesAtOnce = FRAMES_AT_ONCE,
): Promise<void> {
  const injector = new Injector(lab, sender);
  const stranger = { version: 3, vrid: 99, priority: 100, interval: 100, addresses: ['192.168.1.199'] } as const;
  const frame = advertFrame({ mac: sender.mac, address: '192.168.1.9' }, stranger);
  const timer = setInterval(() => {
    for (let count = 0; count < framesAtOnce; count++) injector.send(frame);
  }, PERIOD_MS);
  try {
    await action();
  } finally {
    clearInterval(timer);
  }
}
