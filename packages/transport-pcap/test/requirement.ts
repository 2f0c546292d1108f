/**
 * Whether tests that capture in network namespaces can run here. When they cannot, one line says so and what to do; with
 * LOCUM_NOT_RUN_IS_FAILURE=1 that is a failure instead.
 */
import { canOpenPacketSocket, createNetworkNamespace } from '@locum/linux';
import { loadCap } from '../src/cap-addon.ts';

interface Obstacle {
  readonly reason: string;
  readonly remedy: string;
}

/** For the `skip` option of a suite: false, or the reason. */
export function skipWithoutCapture(suite: string): string | false {
  const obstacle = withoutCap() ?? withoutNetwork();
  if (obstacle === undefined) return false;
  console.log(`NOT RUN ${suite}: ${obstacle.reason}. Remedy: ${obstacle.remedy}`);
  if (process.env.LOCUM_NOT_RUN_IS_FAILURE === '1') throw new Error(obstacle.reason);
  return obstacle.reason;
}

function withoutCap(): Obstacle | undefined {
  try {
    loadCap('test');
    return undefined;
  } catch (error) {
    const remedy = 'apt install libpcap-dev g++ make python3, then npx pnpm@10 rebuild cap';
    return { reason: (error as Error).message, remedy };
  }
}

function withoutNetwork(): Obstacle | undefined {
  const remedy = 'unshare --user --map-root-user --net npm test, or run as root';
  try {
    const namespace = createNetworkNamespace();
    const open = namespace.run(canOpenPacketSocket);
    namespace.close();
    return open ? undefined : { reason: 'no packet socket can be opened here', remedy };
  } catch (error) {
    return { reason: `no network namespace can be made here (${(error as Error).message})`, remedy };
  }
}
