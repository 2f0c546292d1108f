/**
 * Which programs get the processor first. What is under test must not wait for the tests: they play many lives at once,
 * and a router that is kept waiting says nothing about routers.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const NICE = -10;

/**
 * Puts a program that leads a session before others. Kernels that share the processor out among sessions (autogroup) take
 * no notice of a single process's nice value. Nothing happens where that is not allowed.
 */
export function givePrecedence(pid: number): void {
  const group = `/proc/${pid}/autogroup`;
  try {
    if (existsSync(group)) writeFileSync(group, String(NICE));
    else setPriority(pid, NICE);
  } catch {
    // Not privileged, or it has ended already.
  }
}
