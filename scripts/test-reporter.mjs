/**
 * Node's own `spec` report without its closing lines, which would be one set per tier. The counts, the names of failed
 * tests and lines that begin with NOT RUN go to the file named by LOCUM_TEST_SUMMARY, for scripts/test.mjs to add up and
 * print once.
 */
import { writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { spec as Spec } from 'node:test/reporters';

const CLOSING_LINE = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;
const NOT_RUN = /^\s*(?:ℹ |# )?NOT RUN /;

export default async function* report(events) {
  const counts = {};
  const failed = [];
  const notRun = new Set();
  const keepNotRun = (text) => {
    for (const line of String(text ?? '').split('\n')) if (NOT_RUN.test(line)) notRun.add(line.trim());
  };

  async function* withoutClosingLines() {
    for await (const event of events) {
      const { type, data } = event;
      const closing = type === 'test:diagnostic' && data.nesting === 0 ? CLOSING_LINE.exec(data.message) : null;
      if (closing !== null) {
        counts[closing[1]] = Number(closing[2]);
        continue;
      }
      if (type === 'test:stdout' || type === 'test:stderr' || type === 'test:diagnostic') keepNotRun(data.message);
      if (type === 'test:pass' || type === 'test:fail') keepNotRun(data.skip);
      // A parent fails with its subtests; naming those is enough.
      if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
        failed.push({ file: data.file, name: data.name });
      }
      yield event;
    }
  }

  yield* Readable.from(withoutClosingLines(), { objectMode: true }).pipe(new Spec());
  writeFileSync(process.env.LOCUM_TEST_SUMMARY, JSON.stringify({ counts, failed, notRun: [...notRun] }));
}
