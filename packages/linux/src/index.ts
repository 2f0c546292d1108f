export * from './libc.ts';
export * from './clock.ts';
export * from './errno.ts';
export * from './memory.ts';
export * from './poll.ts';
export * from './scheduling.ts';
export * from './socket.ts';
export * from './socket-address.ts';
