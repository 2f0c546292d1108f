/**
 * A transport for Locum: VRRP frames over my-medium.
 *
 * The medium here is a hub inside this process, so that the suite is green from the start. Put your own in the place of
 * `Hub`, and run `npm test` after each step.
 */
import { FrameFlag, SendResult, TRANSPORT_API_VERSION, TransportError } from '@locum/transport';

/** @import { Capabilities, Frame, FrameSink, Host, Port, PortOptions, PortStats, Transport } from '@locum/transport' */
/** @typedef {(bytes: Uint8Array | undefined) => void} Listener gets frames, and undefined when the hub is unplugged */

const HEADER_BYTES = 14;

/** @type {Capabilities} */
const CAPABILITIES = Object.freeze({
  medium: 'ethernet',
  maxFrameBytes: 1514,
  pollable: false,
  rxClock: 'user',
  vlan: false,
  filtering: false,
  spoofsSourceMac: true,
  routesUnicast: false,
  reportsLink: true,
  deterministic: false,
  shareable: false,
  virtualStations: false,
});

/** The medium: who listens hears what the others say, after they have said it. */
export class Hub {
  /** @type {Set<Listener>} */
  listeners = new Set();

  /** @param {Uint8Array | undefined} bytes @param {Listener} [speaker] */
  say(bytes, speaker) {
    for (const listener of this.listeners) if (listener !== speaker) queueMicrotask(() => listener(bytes));
  }
}

/** @implements {Port} */
class HubPort {
  capabilities = CAPABILITIES;
  fd = -1;
  /** @type {PortStats} */
  stats = { framesReceived: 0, framesSent: 0, framesDropped: 0, sendFailures: 0 };
  /** @type {Frame} */
  #frame = { bytes: new Uint8Array(0), start: 0, end: 0, wireBytes: 0, at: 0, flags: FrameFlag.UserClock, vlanTci: 0 };
  #closed = false;
  #unplugged = false;

  /** @param {Hub} hub @param {string} interfaceName @param {FrameSink} sink @param {Host} host */
  constructor(hub, interfaceName, sink, host) {
    this.hub = hub;
    this.interfaceName = interfaceName;
    this.sink = sink;
    this.host = host;
    hub.listeners.add(this.#hear);
  }

  /** Frames are delivered as they come, so there is never one to fetch. */
  poll() {
    return 0;
  }

  /** @param {Uint8Array} bytes @param {number} start @param {number} end */
  send(bytes, start, end) {
    if (this.#closed) return SendResult.NotOpen;
    if (this.#unplugged) return SendResult.LinkDown;
    if (end - start > CAPABILITIES.maxFrameBytes) return SendResult.TooLong;
    if (end - start < HEADER_BYTES) return this.#failed();
    this.hub.say(bytes.slice(start, end), this.#hear);
    this.stats.framesSent += 1;
    return SendResult.Sent;
  }

  sendRouted() {
    return this.#closed ? SendResult.NotOpen : this.#failed();
  }

  close() {
    this.#closed = true;
    this.hub.listeners.delete(this.#hear);
  }

  /** @type {Listener} */
  #hear = (bytes) => {
    if (this.#closed || this.#unplugged) return;
    if (bytes === undefined) {
      this.#unplugged = true;
      this.sink.onFault(failure('LINK_GONE', this.interfaceName, 'was unplugged', 'Plug it in again.'));
      return;
    }
    this.stats.framesReceived += 1;
    const at = this.host.now();
    this.sink.onFrame(Object.assign(this.#frame, { bytes, start: 0, end: bytes.length, wireBytes: bytes.length, at }));
  };

  #failed() {
    this.stats.sendFailures += 1;
    return SendResult.Failed;
  }
}

/** @param {Map<string, Hub>} hubs the interfaces there are, by name @returns {Transport} */
export function createTransport(hubs) {
  return {
    name: 'my-medium',
    apiVersion: TRANSPORT_API_VERSION,
    capabilities: CAPABILITIES,
    async open({ interfaceName, extra = {} }, sink, host, signal) {
      const hub = hubs.get(interfaceName);
      if (hub === undefined) throw failure('NO_SUCH_INTERFACE', interfaceName, 'does not exist', 'Name another one.');
      for (const name of Object.keys(extra)) throw failure('BAD_OPTION', interfaceName, `knows no ${name}`, 'Remove it.');
      if (signal?.aborted) throw failure('ABORTED', interfaceName, 'is not wanted any more', 'Open it again.');
      return new HubPort(hub, interfaceName, sink, host);
    },
  };
}

/** @param {import('@locum/transport').TransportErrorCode} code @param {string} interfaceName @param {string} what @param {string} hint */
function failure(code, interfaceName, what, hint) {
  return new TransportError(code, `${interfaceName} ${what}`, { operation: 'open', interfaceName, hint });
}

/** What locumd loads. */
export const transport = createTransport(new Map([['hub0', new Hub()]]));
