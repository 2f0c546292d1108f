export { rawTransport } from './raw-transport.ts';
