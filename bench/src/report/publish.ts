import type { Result } from './result.ts';
export async function publish(_checkout: string, _result: Result): Promise<string[]> {
  return [];
}
