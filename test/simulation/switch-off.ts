import { EngineCore } from '../../src/engine/engine-core.js';
import type { EngineCommand, EngineEvent } from '../../src/engine/messages.js';
import { makePlan, type Plan } from './plan.js';

/** One rule of delivery switched off, from outside: the product has no switch for it. */
export interface Mutation {
  readonly name: string;
  /** In which histories it has to be noticed. */
  readonly delivery: Plan['delivery'];
  /** A state topic would make up for it. */
  readonly withoutStateTopic?: true;
  /** It matters where many members are frozen. */
  readonly underSiege?: true;
  /** The seed from which it is looked for, a little before the first that notices it. Default: 1. */
  readonly fromSeed?: number;
  /** @returns switches the rule on again */
  readonly install: () => () => void;
}

/** Plans in which the mutation has to be noticed. */
export function planFor({ delivery, withoutStateTopic, underSiege }: Mutation): (plan: Plan) => Plan {
  if (underSiege === true) return ({ seed }) => ({ ...makePlan(seed, true), delivery });
  return ({ incompleteAfterMs, ...plan }) =>
    withoutStateTopic === true || incompleteAfterMs === undefined
      ? { ...plan, delivery }
      : { ...plan, delivery, incompleteAfterMs };
}

export type Handle = (event: EngineEvent) => EngineCommand[];

/** Puts a method of a class in place of the one it has. */
export function replace<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  make: (original: T[K]) => T[K],
) {
  return (): (() => void) => {
    const original = prototype[name];
    prototype[name] = make(original);
    return () => (prototype[name] = original);
  };
}

/** Changes what goes into each engine and what comes out. `makeHandle` is called once for each engine. */
export function wrapEngine(makeHandle: (handle: Handle, core: EngineCore) => Handle): () => () => void {
  const handles = new WeakMap<EngineCore, Handle>();
  return replace(
    EngineCore.prototype,
    'handle',
    original =>
      function (this: EngineCore, event: EngineEvent, nowMs: number) {
        now = nowMs;
        let handle = handles.get(this);
        if (handle === undefined) {
          handle = makeHandle(one => original.call(this, one, now), this);
          handles.set(this, handle);
        }
        return handle(event);
      },
  );
}
let now = 0;
