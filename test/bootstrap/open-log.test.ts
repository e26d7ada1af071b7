import { afterEach, expect, it, vi } from 'vitest';
import type { CompiledWorkerOptions } from '../../src/config/worker-options.js';
import { openLog } from '../../src/bootstrap/open-log.js';

const { stderr } = process;
const names = ['isTTY', 'hasColors'] as const;
const before = names.map(name => Object.getOwnPropertyDescriptor(stderr, name));
afterEach(() => {
  vi.restoreAllMocks();
  for (const [at, name] of names.entries()) {
    const property = before[at];
    if (property === undefined) Reflect.deleteProperty(stderr, name);
    else Object.defineProperty(stderr, name, property);
  }
});

it('writes past nobody who draws below the lines on a terminal', () => {
  Object.defineProperty(stderr, 'isTTY', { value: true, configurable: true });
  Object.defineProperty(stderr, 'hasColors', { value: () => false, configurable: true });
  const write = vi.spyOn(stderr, 'write').mockReturnValue(true);
  const { logger } = openLog('download', { logLevel: 'info' } as CompiledWorkerOptions, { isShared: true });
  logger.info('waiting for files');
  expect(write.mock.calls.map(([text]) => text)).toEqual([
    expect.stringMatching(/^\[[\d:]{8}\] INFO: waiting for files\n$/),
  ]);
});
