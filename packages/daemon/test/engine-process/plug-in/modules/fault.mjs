/** A transport that does one thing wrong: the one that its option `fault` names. Without it, it does nothing at all. */
const capabilities = Object.freeze({
  medium: 'ethernet',
  maxFrameBytes: 1514,
  pollable: false,
  rxClock: 'user',
  vlan: false,
  filtering: true,
  spoofsSourceMac: true,
  routesUnicast: true,
  reportsLink: false,
  deterministic: false,
  shareable: true,
  virtualStations: false,
});

function fail(what) {
  throw new Error(`no ${what} today`);
}

/** Acts, and gives back `result` nevertheless. */
function does(act, result) {
  act();
  return result;
}

/** What each fault changes about a port that works; `sink` and `host` are those of the port. */
const faults = {
  'poll-throws': () => ({ poll: () => fail('poll') }),
  'send-throws': () => ({ send: () => fail('send') }),
  'close-throws': () => ({ close: () => fail('close') }),
  'send-says-nothing': () => ({ send: () => undefined }),
  'send-promises': () => ({ send: () => Promise.reject(new Error('later')) }),
  'send-spoils': () => ({ send: (bytes) => does(() => bytes.fill(0), 0) }),
  'poll-promises': () => ({ poll: () => Promise.reject(new Error('later')) }),
  'send-delivers': (sink, host) => ({ send: () => does(() => sink.onFrame(frame(host)), 0) }),
  backwards: (sink, host) => ({ poll: () => does(() => sink.onFrame(frame(host, { start: 60, end: 10 })), 1) }),
  beyond: (sink, host) => ({ poll: () => does(() => sink.onFrame(frame(host, { end: 61 })), 1) }),
  'no-bytes': (sink, host) => ({ poll: () => does(() => sink.onFrame(frame(host, { bytes: 'x' })), 1) }),
  'no-frame': (sink) => ({ poll: () => does(() => sink.onFrame(undefined), 1) }),
  'no-instant': (sink, host) => ({ poll: () => does(() => sink.onFrame(frame(host, { at: Number.NaN })), 1) }),
  future: (sink, host) => ({ poll: once(() => sink.onFrame(frame(host, { at: host.now() + 1e12 }))) }),
  'always-busy': () => ({ poll: (budget) => budget }),
  'faults-twice': (sink) => ({ poll: () => does(() => [sink.onFault(new Error('one')), sink.onFault('two')], 0) }),
  'faults-while-sending': (sink) => ({ send: () => does(() => sink.onFault(new Error('in a send')), 5) }),
  'pollable-without-descriptor': () => ({ capabilities: { ...capabilities, pollable: true } }),
  'pollable-with-another': () => ({ capabilities: { ...capabilities, pollable: true }, fd: 999 }),
  'no-medium': () => ({ capabilities: { ...capabilities, medium: 'pigeon' } }),
  'no-length': () => ({ capabilities: { ...capabilities, maxFrameBytes: Number.NaN } }),
  'no-station': () => ({ capabilities: { ...capabilities, virtualStations: true } }),
  'no-send': () => ({ send: undefined }),
  'no-send-all': () => ({ sendAll: 7 }),
  'counts-in-a-class': () => new CountingPort(),
  'send-all-throws': () => ({ sendAll: () => fail('sendAll') }),
  'send-all-says-nothing': () => ({ sendAll: () => undefined }),
  'send-all-says-half': () => ({ sendAll: () => 0.5 }),
  'send-all-says-more': () => ({ sendAll: (_bytes, _bounds, count) => count + 1 }),
  // Sends all but frames that begin with 9; `sent` holds what it sent.
  'sends-all': () => ({ ...sendsAll(), capabilities: { ...capabilities, maxFrameBytes: 100 } }),
  'sends-all-ip': () => ({ ...sendsAll(), capabilities: { ...capabilities, medium: 'ip' } }),
  'changes-its-mind': () => {
    const mutable = { ...capabilities };
    setImmediate(() => Object.assign(mutable, { medium: 'ip', maxFrameBytes: -1 }));
    return { capabilities: mutable };
  },
};

/** Frames of `sends-all`, one string each. */
export const sent = [];

function sendsAll() {
  return {
    sendAll(bytes, bounds, count) {
      for (let index = 0; index < count; index++) {
        const frame = bytes.slice(bounds[2 * index], bounds[2 * index + 1]);
        if (frame[0] === 9) return index;
        sent.push(frame.join());
      }
      bytes.fill(0);
      bounds.fill(0);
      return count;
    },
  };
}

class Counts {
  get framesReceived() {
    return 1;
  }
  get framesSent() {
    return 2;
  }
  get framesDropped() {
    return 3;
  }
  get sendFailures() {
    return Number.NaN;
  }
}

class CountingPort {
  stats = new Counts();
}

function once(act) {
  let done = false;
  return () => {
    if (done) return 0;
    done = true;
    act();
    return 1;
  };
}

function frame(host, changes) {
  return {
    ...{ bytes: new Uint8Array(60), start: 0, end: 60, wireBytes: 60, at: host.now(), flags: 0, vlanTci: 0 },
    ...changes,
  };
}

/** How often a port was closed that came `open-late`. */
export const late = { closed: 0 };

const openings = {
  'open-late': (_options, sink, host) =>
    new Promise((resolve) => setTimeout(() => resolve(port({ sink, host, close: () => void late.closed++ })), 300)),
  'open-throws': () => fail('open'),
  'open-rejects': () => Promise.reject('a word'),
  'open-never': () => new Promise(() => {}),
  'open-nothing': () => Promise.resolve(undefined),
  'open-soon': (_options, sink, host) => new Promise((resolve) => setTimeout(() => resolve(port({ sink, host })), 300)),
  'open-refuses': () => {
    const error = new Error('the other end is not there');
    return Promise.reject(Object.assign(error, { name: 'TransportError', code: 'SYSTEM', operation: 'open' }));
  },
};

function port(changes) {
  return {
    ...{ capabilities, fd: -1, stats: { framesReceived: 0, framesSent: 0, framesDropped: 0, sendFailures: 0 } },
    ...{ poll: () => 0, send: () => 0, sendRouted: () => 0, close: () => {} },
    ...changes,
  };
}

export const transport = {
  name: 'fault',
  apiVersion: 1,
  capabilities,
  open(options, sink, host) {
    const name = options.extra.fault;
    if (openings[name] !== undefined) return openings[name](options, sink, host);
    return Promise.resolve(port(faults[name]?.(sink, host)));
  },
};
