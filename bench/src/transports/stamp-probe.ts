/**
 * Loaded into the engine process of locumd, and nowhere else, by `--import`: notes when a frame reaches the sink and
 * when a port is told to send. Writes what it has noted when the process ends.
 *
 * The environment says which transport to watch and where to write: see `stamped-engine.ts`. A stamp is one reading of
 * CLOCK_REALTIME, the clock of the kernel's stamps at the switch.
 */
import { writeFileSync } from 'node:fs';
import { Clock, readClock } from '@locum/linux';
import type { FrameSink, Port, Transport } from '@locum/transport';

/** Stamps that there is room for; what comes later is not noted. */
const CAPACITY = 16_384;

const received = { instants: new Float64Array(CAPACITY), count: 0 };
const sent = { instants: new Float64Array(CAPACITY), count: 0 };

const file = process.env.LOCUM_BENCH_STAMPS;
const isEngine = process.argv[1]?.endsWith('engine-process/main.js') === true;
if (file !== undefined && isEngine) {
  const transport = await load(process.env.LOCUM_BENCH_TRANSPORT);
  const open = transport.open.bind(transport);
  (transport as { open: Transport['open'] }).open = async (options, sink, host, signal) =>
    stampSends(await open(options, stamping(sink), host, signal));
  process.on('exit', () => writeFileSync(file, JSON.stringify({ received: noted(received), sent: noted(sent) })));
}

async function load(name: string | undefined): Promise<Transport> {
  switch (name) {
    case 'raw':
      return (await import('@locum/transport-raw')).rawTransport;
    case 'pcap':
      return (await import('@locum/transport-pcap')).pcapTransport;
    case 'tap':
      return (await import('@locum/transport-tap')).tapTransport;
    case 'udp':
      return (await import('locum-transport-udp')).udpTransport;
    default:
      throw new Error(`no such transport: ${name}`);
  }
}

function stamping(sink: FrameSink): FrameSink {
  return {
    onFrame: (frame) => {
      note(received);
      sink.onFrame(frame);
    },
    onFault: (error) => sink.onFault(error),
  };
}

/** The port itself, so that whatever else it can do it still does. */
function stampSends(port: Port): Port {
  const send = port.send.bind(port);
  port.send = (bytes, start, end) => {
    note(sent);
    return send(bytes, start, end);
  };
  const sendAll = port.sendAll?.bind(port);
  if (sendAll !== undefined) {
    port.sendAll = (bytes, bounds, count) => {
      note(sent);
      return sendAll(bytes, bounds, count);
    };
  }
  return port;
}

function note(stamps: typeof received): void {
  if (stamps.count < CAPACITY) readClock(Clock.Realtime, stamps.instants, stamps.count++);
}

function noted({ instants, count }: typeof received): number[] {
  return [...instants.subarray(0, count)];
}
