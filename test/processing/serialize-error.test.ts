import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { NonRetriableError } from '../../src/errors.js';
import { serializeError } from '../../src/processing/serialize-error.js';

describe('serializeError', () => {
  it('keeps name, message, stack and code', () => {
    const error = new NonRetriableError('broken');
    expect(serializeError(error)).toEqual({
      name: 'NonRetriableError',
      message: 'broken',
      code: 'ERR_NON_RETRIABLE',
      stack: error.stack,
    });
  });

  it('tells the causes in the message', () => {
    const error = new Error('fetch failed', { cause: new Error('refused', { cause: 'port 9' }) });
    expect(serializeError(error).message).toBe(
      "fetch failed (caused by refused (caused by threw something that is no Error: 'port 9'))",
    );
  });

  it('stops at a circle of causes', () => {
    const error = new Error('a');
    error.cause = error;
    expect(serializeError(error).message).toBe(`${'a (caused by '.repeat(5)}a${')'.repeat(5)}`);
  });

  it('tells the errors of an AggregateError, which often has no message', () => {
    const error = new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')]);
    expect(serializeError(error).message).toBe('2 errors: refused ::1; refused 127.0.0.1');
  });

  it('cuts long stacks and messages', () => {
    const error = new Error('x'.repeat(5_000));
    error.stack = 'y'.repeat(9_000);
    const { message, stack } = serializeError(error);
    expect(message).toBe(`${'x'.repeat(4096)}… (5000 characters)`);
    expect(stack).toBe(`${'y'.repeat(8192)}… (9000 characters)`);
  });

  it('takes an error of another realm as an error', () => {
    const error: unknown = runInNewContext('new TypeError("elsewhere")');
    expect(serializeError(error)).toMatchObject({ name: 'TypeError', message: 'elsewhere' });
  });

  it.each<[unknown, string]>([
    ['text', "threw something that is no Error: 'text'"],
    [undefined, 'threw something that is no Error: undefined'],
    [{ status: 500 }, 'threw something that is no Error: { status: 500 }'],
  ])('describes a thrown %j', (thrown, message) => {
    expect(serializeError(thrown)).toEqual({ name: 'NonErrorThrown', message });
  });

  it('survives errors that throw when they are read', () => {
    const hostile = Object.defineProperty(new Error('x'), 'cause', {
      get() {
        throw new Error('no');
      },
    });
    expect(serializeError(hostile)).toEqual({
      name: 'NonErrorThrown',
      message: 'threw an object that cannot be described',
    });
  });
});
