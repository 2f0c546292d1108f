/**
 * Whether tests that make TAP devices in network namespaces can run here. When they cannot, one line says so and what to
 * do; with LOCUM_NOT_RUN_IS_FAILURE=1 that is a failure instead.
 */
import { canOpenPacketSocket, closeDescriptor, createNetworkNamespace, openTap } from '@locum/linux';

/** For the `skip` option of a suite: false, or the reason. */
export function skipWithoutTap(suite: string): string | false {
  const reason = obstacle();
  if (reason === undefined) return false;
  console.log(`NOT RUN ${suite}: ${reason}. Remedy: modprobe tun; --device /dev/net/tun in a container; run as root`);
  if (process.env.LOCUM_NOT_RUN_IS_FAILURE === '1') throw new Error(reason);
  return reason;
}

function obstacle(): string | undefined {
  try {
    const namespace = createNetworkNamespace();
    try {
      namespace.run(() => closeDescriptor(openTap({ name: 'locum%d' }).fd));
      return namespace.run(canOpenPacketSocket) ? undefined : 'no packet socket can be opened here';
    } finally {
      namespace.close();
    }
  } catch (error) {
    return `no TAP device can be made in a namespace (${(error as Error).message})`;
  }
}
