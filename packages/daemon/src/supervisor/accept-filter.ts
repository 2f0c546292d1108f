/**
 * Accept_Mode False (`no_accept`): traffic to a virtual address is dropped by a netfilter table of our own, except the
 * neighbour discovery that IPv6 cannot do without (RFC 9568 section 6.1).
 *
 * The rules can stand all the time: they only ever match packets that the kernel would deliver locally, and it does
 * that only while the address is on an interface. A process that is killed leaves them behind, for the next one to
 * replace or to remove.
 */
import { spawnSync } from 'node:child_process';
import { formatAddress } from '@locum/protocol';
import type { InstanceSettings } from '../configuration/settings.ts';

const OWNER_PRIORITY = 255;

export class AcceptFilter {
  readonly #table: string;
  /** Undefined while it is not known whether an earlier process left the table behind. */
  #stands: boolean | undefined;

  /** @param table name of the nftables table, unique for each daemon in a network namespace */
  constructor(table: string) {
    this.#table = table;
  }

  /**
   * Makes the table fit `instances`. Returns why it could not, or undefined. What an earlier process left behind is
   * replaced; where nothing is to be refused, it stays until {@link removeLeftover}.
   */
  apply(instances: readonly InstanceSettings[]): string | undefined {
    const refused = instances
      .filter(({ acceptMode, router }) => !acceptMode && router.priority !== OWNER_PRIORITY)
      .flatMap(({ addresses }) => addresses);
    if (refused.length === 0) return this.#stands === true ? this.remove() : undefined;
    const list = (family: 4 | 6): string =>
      refused
        .filter((address) => address.family === family)
        .map(({ address }) => formatAddress(address))
        .join(', ');
    const ipv4 = list(4);
    const ipv6 = list(6);
    const problem = this.#run(`${this.#deletion()}table inet ${this.#table} {
  chain input {
    type filter hook input priority -1; policy accept;
    ${ipv4 === '' ? '' : `ip daddr { ${ipv4} } drop`}
    ${ipv6 === '' ? '' : `icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n    ip6 daddr { ${ipv6} } drop`}
  }
}
`);
    // All of it or nothing is done: what stood before a failure still stands.
    if (problem === undefined) this.#stands = true;
    return problem;
  }

  /**
   * Takes away what an earlier process may have left behind, unless {@link apply} has replaced it. Takes milliseconds,
   * and is not told when it cannot.
   */
  removeLeftover(): void {
    if (this.#stands === undefined) this.remove();
  }

  /** Takes the table away if it stands or may stand. Returns why it could not, or undefined. */
  remove(): string | undefined {
    if (this.#stands === false) return undefined;
    const problem = this.#run(this.#deletion());
    if (problem === undefined) this.#stands = false;
    return problem;
  }

  /** Deletes the table whether it stands or not. */
  #deletion(): string {
    return `table inet ${this.#table}\ndelete table inet ${this.#table}\n`;
  }

  #run(rules: string): string | undefined {
    const { status, stderr, error } = spawnSync('nft', ['-f', '-'], { input: rules, encoding: 'utf8' });
    if (error !== undefined) return 'no_accept needs the program nft (Debian package nftables)';
    return status === 0 ? undefined : stderr.trim();
  }
}
