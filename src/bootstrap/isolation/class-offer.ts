import type { ReproducerClass } from '../../definition/reproducer-definition.js';
import type { CreateReproducerOptions } from '../run-options.js';

/** What a module says of its class when it is loaded in a child. */
export interface ClassOffer {
  readonly target: ReproducerClass;
  readonly options: Pick<CreateReproducerOptions, 'create'>;
}

/** Shared by all copies of the package in a thread: the class's import may be another one. */
const key = Symbol.for('kafka-reproducer.child');
const shared = globalThis as { [key]?: { offer(offer: ClassOffer): boolean } | undefined };

/**
 * Whether this thread was started to call a class's method. What would run a worker anywhere else offers its class then, and
 * starts nothing.
 */
export function isChild(): boolean {
  return shared[key] !== undefined;
}

/** @returns whether it is the class that this child is for */
export function offerClass<T extends object>(
  target: ReproducerClass<T>,
  options: Pick<CreateReproducerOptions<T>, 'create'>,
): boolean {
  return shared[key]?.offer({ target, options }) ?? false;
}

/** From now on this thread is a child. Resolves with the first class of that name that is offered. */
export function awaitClass(className: string): Promise<ClassOffer> {
  return new Promise(resolve => {
    shared[key] = {
      offer: offer => {
        const isWanted = offer.target.name === className;
        if (isWanted) resolve(offer);
        return isWanted;
      },
    };
  });
}
