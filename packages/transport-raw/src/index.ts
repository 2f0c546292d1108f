export { openUnlessAborted } from './abort.ts';
export { openError, sendResult } from './failure.ts';
export { type AddressSteps, assembleFrameFilter } from './frame-filter.ts';
export { IpPresence } from './ip-presence.ts';
export { readOptions } from './raw-options.ts';
export { RawPort } from './raw-port.ts';
export { rawTransport } from './raw-transport.ts';
