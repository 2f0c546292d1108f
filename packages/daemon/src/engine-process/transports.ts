/**
 * Transports by name. Each is a package of its own, loaded when the configuration asks for it.
 */
import type { Transport } from '@locum/transport';

/** Loads the transport called `name`. Rejects for a name nobody knows. */
export async function transportNamed(name: string): Promise<Transport> {
  switch (name) {
    case 'raw':
      return (await import('@locum/transport-raw')).rawTransport;
    default:
      throw new Error(`there is no transport called ${name}`);
  }
}
