import type { Result } from './result.ts';
export function writeReport(_path: string, _result: Result): void {}
