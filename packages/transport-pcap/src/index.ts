export { pcapTransport } from './pcap-transport.ts';
