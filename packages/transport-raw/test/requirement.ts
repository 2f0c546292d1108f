/**
 * Whether tests that put packet sockets into network namespaces can run here. When they cannot, one line says so and
 * what to do; with LOCUM_NOT_RUN_IS_FAILURE=1 that is a failure instead.
 */
import { canOpenPacketSocket, createNetworkNamespace } from '@locum/linux';

/** For the `skip` option of a suite: false, or the reason. */
export function skipWithoutNetwork(suite: string): string | false {
  const reason = obstacle();
  if (reason === undefined) return false;
  console.log(`NOT RUN ${suite}: ${reason}. Remedy: unshare --user --map-root-user --net npm test, or run as root`);
  if (process.env.LOCUM_NOT_RUN_IS_FAILURE === '1') throw new Error(reason);
  return reason;
}

function obstacle(): string | undefined {
  try {
    const namespace = createNetworkNamespace();
    const open = namespace.run(canOpenPacketSocket);
    namespace.close();
    return open ? undefined : 'no packet socket can be opened here';
  } catch (error) {
    return `no network namespace can be made here (${(error as Error).message})`;
  }
}
