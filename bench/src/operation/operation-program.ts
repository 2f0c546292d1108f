/**
 * The program that measures one operation. Arguments: its key, and for how many milliseconds. Prints an
 * OperationReport as JSON.
 */
import { OPERATIONS } from './catalogue.ts';
import { measureOperation } from './operation.ts';

const [key = '', milliseconds = ''] = process.argv.slice(2);
const make = OPERATIONS.get(key);
if (make === undefined) throw new Error(`no such operation: ${key}`);
process.stdout.write(`${JSON.stringify(measureOperation(make(), Number(milliseconds)))}\n`);
