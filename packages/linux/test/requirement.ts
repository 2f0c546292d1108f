/**
 * Whether the tests that make network namespaces can run here. When they cannot, one line says so and what to do;
 * with LOCUM_NOT_RUN_IS_FAILURE=1 that is a failure instead.
 */
import { createNetworkNamespace } from '../src/index.ts';

/** For the `skip` option of a suite: false, or the reason. */
export function skipWithoutNamespaces(suite: string): string | false {
  try {
    createNetworkNamespace().close();
    return false;
  } catch (error) {
    const reason = `no network namespace can be made here (${(error as Error).message})`;
    console.log(`NOT RUN ${suite}: ${reason}. Remedy: unshare --user --map-root-user --net npm test, or run as root`);
    if (process.env.LOCUM_NOT_RUN_IS_FAILURE === '1') throw new Error(reason);
    return reason;
  }
}
