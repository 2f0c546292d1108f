/**
 * Writes docs/config.md from the keyword tables of the configuration reader. With `--check` it writes nothing and fails
 * when the page is not what would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { renderReference } from '../packages/daemon/dist/src/configuration/index.js';

const page = new URL('../docs/config.md', import.meta.url);
const text = renderReference();

if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
} else if (read() !== text) {
  console.error('docs/config.md is out of date: run node scripts/config-doc.mjs');
  process.exit(1);
}

function read() {
  try {
    return readFileSync(page, 'utf8');
  } catch {
    return '';
  }
}
