import { writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { Logger } from '../../../src/logger.js';
import { LogFile } from '../../../src/observe/log-file/log-file.js';

// Logs one numbered line after another, and prints the number of each that was logged.

const [folder, id, mostBytes, lineCount] = process.argv.slice(2);
const file = new LogFile({ folder: folder!, name: 'Worker', level: 'warn', mostBytes: Number(mostBytes) });
const logger = file.tap({ warn: () => undefined, level: 'info' } as unknown as Logger);
for (let number = 1; number <= Number(lineCount); number += 1) {
  logger.warn({}, `${id} ${number} ${'x'.repeat(number % 200)}.`);
  writeSync(1, `${number}\n`);
  if (number % 10 === 0) await turn();
}
