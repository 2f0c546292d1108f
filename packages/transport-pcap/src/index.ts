export { loadCap } from './cap-addon.ts';
export { pcapTransport } from './pcap-transport.ts';
