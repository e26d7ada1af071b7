import type { SerializedError } from '../file-work.js';

/** An error that came from another thread or process, as one that can be thrown. */
export function errorFrom({ name, message, stack, code }: SerializedError): Error {
  const error = Object.assign(new Error(message), code === undefined ? {} : { code });
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
