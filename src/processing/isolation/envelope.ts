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
  return typeof wrapped === 'object' && wrapped !== null && key in wrapped ? wrapped[key] : undefined;
}
