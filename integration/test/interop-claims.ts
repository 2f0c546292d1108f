/**
 * What is claimed of every life that locumd shares with another implementation, and which rules that shows.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Life, live, type Roles, type Variant } from '../lib/interop.ts';
import {
  beyondDeathUs,
  beyondEndUs,
  judgeAcceptance,
  judgeAdverts,
  judgeAnnouncements,
  judgeCleaning,
  judgeDeath,
  judgeEnd,
  judgeNeighbourAnswers,
  judgePeersAnnouncements,
  judgePings,
  judgeReturn,
  judgeSequences,
  judgeSoleSpeakers,
  judgeSpacing,
  judgeTrailers,
} from '../lib/interop-judgement.ts';

interface Claim {
  readonly title: string;
  readonly judge: (life: Life) => void;
  /** Where the claim can be made; default everywhere. */
  readonly when?: (life: Life) => boolean;
  /** Ids of the rules that it shows, by where it shows them. */
  readonly rules?: readonly (readonly [(life: Life) => boolean, string])[];
}

const always = (): boolean => true;
const isFirst = ({ first, locumd }: Life): boolean => locumd === first;
const isSecond = ({ second, locumd }: Life): boolean => locumd === second;
const version2 = ({ variant }: Life): boolean => variant.version === 2;
const version3 = ({ variant }: Life): boolean => variant.version === 3;
const ipv4 = ({ variant }: Life): boolean => variant.family === 4;
const ipv6 = ({ variant }: Life): boolean => variant.family === 6;
const multicast = ({ variant }: Life): boolean => !variant.unicast;
const withAh = ({ variant }: Life): boolean => variant.authentication === 'AH';

const CLAIMS: readonly Claim[] = [
  {
    title: 'adverts have the form that the standard and the peer want',
    judge: judgeAdverts,
    rules: [
      [always, '[PKT-01] [PKT-04] [PKT-05] [IP-05]'],
      [multicast, '[IP-03] [PKT-10]'],
      [(life) => multicast(life) && ipv4(life), '[IP-01]'],
      [(life) => multicast(life) && ipv6(life), '[IP-02]'],
      [(life) => !withAh(life), '[IP-07]'],
      [version2, '[CSUM-01]'],
      [(life) => version3(life) && ipv4(life), '[CSUM-04]'],
      [ipv6, '[CSUM-02] [PKT-08]'],
      [(life) => version3(life) && !multicast(life), '[CSUM-08]'],
    ],
  },
  { title: 'eight octets end every advert', judge: judgeTrailers, when: version2, rules: [[always, '[V2-02]']] },
  {
    title: 'sequences of AH rise, whoever sends',
    judge: judgeSequences,
    when: withAh,
    rules: [[always, '[V2-A-03] [V2-A-04]']],
  },
  { title: 'every advert of the peer is accepted', judge: judgeAcceptance },
  {
    title: 'one alone is Active, and yields to the better one that returns',
    judge: judgeSoleSpeakers,
    rules: [[isSecond, '[FSM-B-09] [FSM-A-06]']],
  },
  { title: 'adverts keep their interval', judge: judgeSpacing, rules: [[always, '[FSM-A-04]']] },
  {
    title: 'addresses are announced after the advert',
    judge: judgeAnnouncements,
    rules: [
      [ipv4, '[ARP-01] [ARP-02] [ARP-03] [ARP-04] [ARP-05]'],
      [ipv6, '[ND-01] [ND-02]'],
    ],
  },
  { title: 'the peer announces as well', judge: judgePeersAnnouncements },
  {
    title: 'the client reaches the Active at any time',
    judge: judgePings,
    rules: [[version3, '[FSM-A-02] [ACC-02]']],
  },
  {
    title: 'the Active alone answers who has the address',
    judge: judgeNeighbourAnswers,
    rules: [
      [(life) => isFirst(life) && ipv4(life), '[FSM-A-01] [ARP-06]'],
      [(life) => isFirst(life) && ipv6(life), '[FSM-A-01] [ND-04]'],
      [(life) => isSecond(life) && ipv4(life), '[FSM-B-01] [ARP-09]'],
      [(life) => isSecond(life) && ipv6(life), '[FSM-B-01] [ND-06]'],
    ],
  },
  {
    title: 'a dead Active is replaced after three intervals and the skew time',
    judge: judgeDeath,
    rules: [
      [isSecond, '[FSM-B-06]'],
      [(life) => isSecond(life) && version2(life), '[FSM-B-11] [TMR-02]'],
      [(life) => isSecond(life) && version3(life), '[TMR-01]'],
    ],
  },
  {
    title: 'the dead one returns in silence and preempts when its timer runs out',
    judge: judgeReturn,
    when: isFirst,
    rules: [[always, '[FSM-I-02] [TMR-07] [FSM-B-10] [PRE-01]']],
  },
  {
    title: 'what its death left on the interface is gone before that',
    judge: judgeCleaning,
    when: ({ first }) => first.implementation !== 'FRR',
  },
  {
    title: 'an Active that is stopped resigns, and is replaced after the skew time',
    judge: judgeEnd,
    rules: [
      [isFirst, '[FSM-A-03]'],
      [isSecond, '[FSM-B-07]'],
    ],
  },
];

/** Plays one life and tests every claim that can be made of it. */
export async function testClaims(context: TestContext, variant: Variant, roles: Roles): Promise<void> {
  await live(variant, roles, async (life) => {
    const late = [beyondDeathUs(life), beyondEndUs(life)].map((us) => `${(us / 1000).toFixed(3)} ms`);
    context.diagnostic(`beyond the formulas: ${late[0]} after the death, ${late[1]} after the resignation`);
    let failed = 0;
    for (const claim of CLAIMS.filter(({ when }) => when?.(life) ?? true)) {
      const rules = (claim.rules ?? []).filter(([shown]) => shown(life)).map(([, ids]) => ids);
      await context.test([claim.title, ...rules].join(' '), () => {
        failed++;
        claim.judge(life);
        failed--;
      });
    }
    assert.equal(failed, 0, 'claims that failed');
  });
}
