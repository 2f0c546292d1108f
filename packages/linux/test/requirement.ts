/**
 * Whether the tests that make network namespaces, and devices in them, can run here. When they cannot, one line says so and what to do;
 * with LOCUM_NOT_RUN_IS_FAILURE=1 that is a failure instead.
 */
import { closeDescriptor, createNetworkNamespace, openTap } from '../src/index.ts';

/** For the `skip` option of a suite: false, or the reason. */
export function skipWithoutNamespaces(suite: string): string | false {
  return skipWhereImpossible(
    suite,
    () => createNetworkNamespace().close(),
    'no network namespace can be made here',
    'unshare --user --map-root-user --net npm test, or run as root',
  );
}

/** The same for suites that make TAP devices in a namespace. */
export function skipWithoutTap(suite: string): string | false {
  const makeOne = (): void => {
    const namespace = createNetworkNamespace();
    try {
      namespace.run(() => closeDescriptor(openTap({ name: 'locum%d' }).fd));
    } finally {
      namespace.close();
    }
  };
  const remedy = 'modprobe tun; --device /dev/net/tun in a container; run as root';
  return skipWhereImpossible(suite, makeOne, 'no TAP device can be made in a namespace', remedy);
}

function skipWhereImpossible(suite: string, attempt: () => void, what: string, remedy: string): string | false {
  try {
    attempt();
    return false;
  } catch (error) {
    const reason = `${what} (${(error as Error).message})`;
    console.log(`NOT RUN ${suite}: ${reason}. Remedy: ${remedy}`);
    if (process.env.LOCUM_NOT_RUN_IS_FAILURE === '1') throw new Error(reason);
    return reason;
  }
}
