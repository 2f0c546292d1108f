/** A transport for Locum that carries frames through UDP. locumd takes the default export. */
export { BackOff } from './back-off.ts';
export { type DropReason, FrameOpener, FrameSealer, tunnelKey } from './envelope.ts';
export { ReplayWindow } from './replay-window.ts';
export { UdpPort } from './udp-port.ts';
export { createUdpTransport, udpTransport, udpTransport as default } from './udp-transport.ts';
