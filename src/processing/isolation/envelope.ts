import type { FromChild, ToChild } from './child-messages.js';

/** Keeps our messages apart from those that user code sends over the same channel, with `process.send`. */
const key = 'kafka-reproducer';

export function wrap<M extends FromChild | ToChild>(message: M): { readonly [key]: M } {
  return { [key]: message };
}

/** The worker's side; undefined: it is none of ours. */
export function messageIn(wrapped: unknown): FromChild | undefined {
  return contentOf(wrapped) as FromChild | undefined;
}

/** The child's side. */
export function orderIn(wrapped: unknown): ToChild | undefined {
  return contentOf(wrapped) as ToChild | undefined;
}

function contentOf(wrapped: unknown): unknown {
  return isObject(wrapped) && key in wrapped && isObject(wrapped[key]) ? wrapped[key] : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
