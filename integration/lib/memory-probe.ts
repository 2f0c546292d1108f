/**
 * Loaded into a process with `--import`: at SIGUSR2 it collects all garbage and appends what is left of memory that
 * JavaScript holds, in octets, to the file named for the process in the directory that LOCUM_MEMORY_PROBE names.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const file = join(process.env.LOCUM_MEMORY_PROBE!, `${process.pid}`);
process.on('SIGUSR2', () => {
  collect();
  // What was waiting to be finalised is garbage only after that.
  setImmediate(() => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    appendFileSync(file, `${heapUsed + external}\n`);
  });
});
