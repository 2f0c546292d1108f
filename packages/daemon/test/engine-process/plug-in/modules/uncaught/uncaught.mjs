/** A transport that is well, and then throws where nobody can catch it. */
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
  shareable: false,
  virtualStations: false,
});

/** Throws a little later, from here. */
export function leaveUncaught() {
  setImmediate(() => {
    throw new Error('no peace today');
  });
}

export default {
  name: 'uncaught',
  apiVersion: 1,
  capabilities,
  async open({ extra }) {
    if (extra.fault === 'rejects-later') Promise.reject(new Error('nobody awaits this'));
    if (extra.fault === 'throws-later') leaveUncaught();
    const stats = { framesReceived: 0, framesSent: 0, framesDropped: 0, sendFailures: 0 };
    return { capabilities, fd: -1, stats, poll: () => 0, send: () => 0, sendRouted: () => 0, close: () => {} };
  },
};
