import { describe, expect, it } from 'vitest';
import { Reproducer } from '../../decorators/index.js';
import { workerOptions } from '../../src/config/option-table.js';
import { optionNames, programValues, type ProgramOptions } from '../../src/config/program-options.js';
import { mistakeTexts } from '../../src/definition/declared-mistakes.js';
import { readDeclarations } from '../../src/definition/metadata-store.js';
import { definitionOf, resolve } from '../config/resolve.js';

/** Options that neither a class nor a program sets by a key, and why. */
const notInCode: Readonly<Record<string, string>> = {
  config: 'it says where other values stand; a program passes it in argv',
  'consumer-threads': 'without effect: accepted for the sake of old command lines',
  'producer-threads': 'without effect: accepted for the sake of old command lines',
  check: 'steers the command line',
  'print-config': 'steers the command line',
  version: 'steers the command line',
  help: 'steers the command line',
};

/** Keys of a program that are no options of a class, and why. */
const notOfClass: Readonly<Record<string, string>> = {
  consumeTopic: 'an argument of the decorator of its own',
  produceTopic: 'an argument of the decorator of its own',
  groupInstanceId: 'each worker of a group needs another one, while all of them run the class',
};

const keys = Object.keys(optionNames) as (keyof ProgramOptions)[];
const keysOfClass = keys.filter(key => !(key in notOfClass));

/** What the decorator says of an option with a value that no option takes. */
function problemsOf(key: string): readonly string[] {
  class PeakFinder {
    limit = 1;
  }
  Reproducer('files', 'results', { [key]: Symbol('of no type') })(PeakFinder);
  return mistakeTexts(readDeclarations(PeakFinder));
}

describe('the options of every worker', () => {
  it('can be given by a program, but for the listed ones', () => {
    const inCode = workerOptions.map(({ name }) => name).filter(name => !(name in notInCode));
    expect(Object.values(optionNames).sort()).toEqual(inCode.sort());
    expect(
      Object.keys(notInCode).filter(name => workerOptions.every(option => option.name !== name)),
    ).toEqual([]);
  });

  it.each(keys)('have the name of the flag in camel case: %s', key => {
    expect(optionNames[key]).toBe(key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`));
  });

  it.each(keysOfClass)('can be given by a class, which refuses what none can be: %s', key => {
    expect(problemsOf(key)).toEqual([
      expect.stringMatching(`^PeakFinder: @Reproducer ${key}: expected .*; write for example ${key}: `),
    ]);
  });

  it.each(Object.keys(notOfClass))('cannot be given by a class: %s', key => {
    expect(problemsOf(key)).toEqual([expect.stringContaining(`@Reproducer has no option ${key}`)]);
  });

  it('take a number as milliseconds where the flag takes a duration', () => {
    const values = programValues(Object.fromEntries(keys.map(key => [key, 7])), 'class PeakFinder');
    const expected = keys.map(key => {
      const option = workerOptions.find(({ name }) => name === optionNames[key]);
      return [key, option?.placeholder === 'DURATION' ? '7ms' : '7'];
    });
    expect(keys.map(key => [key, values.get(optionNames[key])?.raw])).toEqual(expected);
  });

  it('become values of the worker', () => {
    const definition = definitionOf({
      options: {
        stateTopic: 'states',
        deadLetterTopic: 'none',
        incompleteAfter: 3_600_000,
        reprocessIdentical: true,
        heartbeatTopic: 'heartbeats',
        heartbeatInterval: '1m',
        heartbeatId: 'beat',
        logTopic: 'logs',
        logInterval: 500,
        logId: 'log',
      },
    });
    const { options } = resolve({ definition, argv: ['--brokers', 'kafka:9092'] });
    expect(options).toMatchObject({
      stateTopic: 'states',
      requiresStateTopic: true,
      incompleteAfterMs: 3_600_000,
      reprocessIdentical: true,
      heartbeats: { topic: 'heartbeats', intervalMs: 60_000, programId: 'beat' },
      logMessages: { topic: 'logs', intervalMs: 500, programId: 'log' },
    });
    expect(options.deadLetterTopic).toBeUndefined();
  });
});
