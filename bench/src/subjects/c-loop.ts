/**
 * The C loop that sleeps and sends: what the machine can do at best.
 */
import type { Host } from '@locum/integration/host';
import type { Lab } from '@locum/integration/lab';
import {
  AdvertisementFields,
  ChecksumCoverage,
  groupMac,
  packAddresses,
  parseAddress,
  writeAdvertisementFrame,
} from '@locum/protocol';
import type { CPrograms } from '../c-program.ts';
import { type RouterConfiguration, versionOf } from './configuration.ts';
import type { RunningSpeaker, Speaker } from './speaker.ts';

const READY_DEADLINE_MS = 5000;

export class CLoop implements Speaker {
  readonly name = 'C loop';
  readonly ours = false;
  readonly #programs: CPrograms;

  constructor(programs: CPrograms) {
    this.#programs = programs;
  }

  lack(): string | undefined {
    const program = this.#programs.get('sleep-and-send');
    return 'lack' in program ? program.lack : undefined;
  }

  async speak(_lab: Lab, host: Host, configuration: RouterConfiguration): Promise<RunningSpeaker> {
    const program = this.#programs.get('sleep-and-send');
    if ('lack' in program) throw new Error(program.lack);
    const frame = Buffer.from(advertFrame(host, configuration)).toString('hex');
    const intervalUs = configuration.intervalMs * 1000;
    const priority = configuration.realtimePriority ?? 0;
    const child = host.spawn(program.path, [host.interfaceName, String(intervalUs), String(priority), frame]);
    await child.line(/sending/, READY_DEADLINE_MS);
    return {
      timekeeper: child.pid,
      stop: async () => {
        await child.stop();
      },
    };
  }
}

/** The advert that a daemon with this configuration sends from this host. */
function advertFrame(host: Host, configuration: RouterConfiguration): Uint8Array {
  const [router] = configuration.routers;
  const fields = new AdvertisementFields();
  const version = versionOf(configuration);
  fields.version = version;
  fields.vrid = router!.vrid;
  fields.priority = configuration.priority;
  fields.interval = configuration.intervalMs / (version === 2 ? 1000 : 10);
  fields.addresses = packAddresses([parseAddress(router!.address)!]);
  fields.source = parseAddress(host.addresses.find((address) => !address.includes(':'))!)!;
  fields.destination = parseAddress('224.0.0.18')!;
  fields.destinationMac = groupMac(fields.destination);
  fields.sourceMac = Uint8Array.from(host.mac.split(':'), (octet) => Number.parseInt(octet, 16));
  fields.checksumForm = version === 2 ? ChecksumCoverage.Message : ChecksumCoverage.PseudoHeader;
  const bytes = new Uint8Array(128);
  return bytes.subarray(0, writeAdvertisementFrame(bytes, 0, fields));
}
