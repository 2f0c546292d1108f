/**
 * Puts a result where the documentation shows it: bench/results, docs/images, and the table in README.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeReport } from './html.ts';
import { PLOTS } from './plots/index.ts';
import { renderPng } from './png.ts';
import { insertReadmeTable } from './readme.ts';
import { type Result, writeResult } from './result.ts';

/** Returns the paths of what was written, relative to the checkout. A broken row is published as what it is. */
export async function publish(checkout: string, result: Result): Promise<string[]> {
  const written: string[] = [];
  const place = (path: string): string => {
    written.push(path);
    return join(checkout, path);
  };
  for (const folder of ['bench/results', 'docs/images']) mkdirSync(join(checkout, folder), { recursive: true });
  writeResult(place('bench/results/latest.json'), result);
  writeReport(place('bench/results/latest.html'), result);
  for (const plot of PLOTS) {
    const svg = plot.draw(result.rows);
    if (svg !== undefined) writeFileSync(place(`docs/images/${plot.name}.png`), await renderPng(svg));
  }
  const readme = readFileSync(join(checkout, 'README.md'), 'utf8');
  const changed = insertReadmeTable(readme, result);
  if (changed !== undefined) writeFileSync(place('README.md'), changed);
  return written;
}
