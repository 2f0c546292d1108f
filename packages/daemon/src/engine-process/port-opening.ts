/**
 * Opens one port within a deadline, whoever wrote its transport, and puts what went wrong into words.
 */
import type { FrameSink, Host, Port, PortOptions, TransportError } from '@locum/transport';
import type { PlanProblem, PortPlan } from '../channel/message.ts';
import { formatPlace } from '../configuration/diagnostic.ts';
import { IpPort } from './ip-port.ts';
import { type GuardedPort, openGuarded } from './plug-in/guarded-port.ts';
import { oneLine, Refusal } from './plug-in/refusal.ts';
import { loadTransport } from './transports.ts';

const OPEN_DEADLINE_MS = 10_000;

export interface OpenedPort {
  /** Takes and sends frames as the engine has them. */
  readonly port: Port;
  /** There for the port of a plug-in. */
  readonly guard: GuardedPort | undefined;
}

/**
 * Opens a port for `plan` that wants the IP protocols `protocols`. Rejects with a Refusal or a TransportError after
 * `deadlineMs` at the latest; a port that is opened after that is closed at once.
 */
export async function openPort(
  plan: PortPlan,
  protocols: readonly number[],
  sink: FrameSink,
  host: Host,
  deadlineMs = OPEN_DEADLINE_MS,
): Promise<OpenedPort> {
  const abort = new AbortController();
  const opening = open(plan, protocols, sink, host, abort.signal);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const hint = 'The transport waits for something that does not come; look at its options.';
      reject(new Refusal('OPEN_TIMEOUT', `it was not open after ${deadlineMs / 1000} s`, hint));
      abort.abort();
      opening.then(
        ({ port }) => port.close(),
        () => {},
      );
    }, deadlineMs);
  });
  try {
    return await Promise.race([opening, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function open(
  { interfaceName, transport: settings, groups }: PortPlan,
  ipProtocols: readonly number[],
  sink: FrameSink,
  host: Host,
  signal: AbortSignal,
): Promise<OpenedPort> {
  const { transport, plugInFolder } = await loadTransport(settings);
  const options: PortOptions = { interfaceName, filter: { ipProtocols }, groups, extra: settings.options };
  if (plugInFolder === undefined) return dressed(await transport.open(options, sink, host, signal), undefined);
  const guard = await openGuarded(transport, plugInFolder, options, sink, host, signal);
  return dressed(guard, guard);
}

function dressed(port: Port, guard: GuardedPort | undefined): OpenedPort {
  return { port: port.capabilities.medium === 'ip' ? new IpPort(port) : port, guard };
}

/** Whether trying again without another configuration could help. */
export function isHopeless(error: unknown): boolean {
  const { code } = error as Partial<Refusal | TransportError>;
  return ['MODULE_NOT_FOUND', 'MODULE_FAILED', 'NOT_A_TRANSPORT', 'WRONG_API_VERSION', 'BAD_OPTION'].includes(
    `${code}`,
  );
}

/** What an operator is told about a port that is not open: where it was chosen, what it is, and what is the matter. */
export function portProblem({ interfaceName, transport }: PortPlan, error: unknown): PlanProblem {
  const { code, message, hint } = error as Partial<Refusal | TransportError>;
  const place = transport.place === undefined ? '' : `${formatPlace(transport.place)}: `;
  const what = message === undefined ? oneLine(error) : message.replace(`${interfaceName}: `, '');
  return {
    router: -1,
    interfaceName,
    code: code ?? 'SYSTEM',
    message: `${place}transport ${transport.name} on ${interfaceName}: ${what} [${code ?? 'SYSTEM'}]`,
    ...(hint === undefined ? {} : { hint }),
  };
}
