/** Descriptors that this process has open. */
import { readdirSync } from 'node:fs';

export function descriptorCount(): number {
  return readdirSync('/proc/self/fd').length;
}
