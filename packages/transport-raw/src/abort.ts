/**
 * Opening that its caller may give up: for transports that open a port in one step.
 */
import type { Port, PortOptions } from '@locum/transport';
import { TransportError } from '@locum/transport/error';

/**
 * Opens a port in the caller's turn, unless the signal says otherwise before or right after.
 * @throws TransportError ABORTED, nothing left behind
 */
export async function openUnlessAborted(
  { interfaceName }: PortOptions,
  signal: AbortSignal | undefined,
  openPort: () => Port,
): Promise<Port> {
  refuseAborted(interfaceName, signal);
  const port = openPort();
  // Everything above ran in the caller's turn; here it gets the chance to change its mind.
  await undefined;
  try {
    refuseAborted(interfaceName, signal);
  } catch (error) {
    port.close();
    throw error;
  }
  return port;
}

function refuseAborted(interfaceName: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new TransportError('ABORTED', `${interfaceName}: opening was given up`, {
    operation: 'open',
    interfaceName,
    hint: 'Open the port again; nothing was left behind.',
  });
}
