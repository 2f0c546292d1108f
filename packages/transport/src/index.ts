export * from './contract.ts';
export * from './error.ts';
export * from './memory/index.ts';
export * from './wrappers/index.ts';
