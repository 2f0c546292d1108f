export * from './engine/effects.ts';
export * from './engine/settings.ts';
export * from './units.ts';
