/**
 * Loaded into a process with `--import`: at SIGUSR2 it writes how much of the JavaScript heap is in use to the file
 * that LOCUM_HEAP_PROBE names, one number a line. What this costs is the same each time.
 */
import { openSync, writeSync } from 'node:fs';

const fd = openSync(process.env.LOCUM_HEAP_PROBE!, 'a');
process.on('SIGUSR2', () => {
  writeSync(fd, `${process.memoryUsage().heapUsed}\n`);
});
