/**
 * The system log: RFC 3164 datagrams to /dev/log, as every C program's `syslog` sends them.
 */
import { UnixDatagramSender } from '@locum/linux';
import type { LogSink, Severity } from './log.ts';

const LOG_SOCKET = '/dev/log';
const LEVELS: Readonly<Record<Severity, number>> = { error: 3, warning: 4, notice: 5, info: 6 };

/** Lines to the system log under the name `locumd`. Where there is no system log they go nowhere. */
export function syslogSink(facility: number): LogSink {
  const sender = new UnixDatagramSender(LOG_SOCKET);
  return (severity, line) => {
    // The log daemon stamps lines itself; ours begin with an instant that it would repeat.
    const text = line.replace(/^\d{4}-\d\d-\d\dT\S+ /, '');
    sender.send(`<${facility * 8 + LEVELS[severity]}>locumd[${process.pid}]: ${text}`);
  };
}
