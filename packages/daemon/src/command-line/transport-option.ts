/**
 * `--transport`, which locumd and `locum check` have in common.
 */
import { InvalidArgumentError, Option } from 'commander';
import { meantTransport } from '../configuration/built-in-transport.ts';

export function transportOption(): Option {
  const what = 'transport of instances that name none: raw, pcap, tap, a path or a package';
  return new Option('--transport <name>', what).argParser((name: string) => {
    const meant = meantTransport(name);
    if (meant !== undefined) throw new InvalidArgumentError(`Did you mean ${meant}?`);
    return name;
  });
}
