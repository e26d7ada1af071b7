import type { EventOwner } from './scheduler.js';
import type { SimulatedKafka } from './simulated-kafka.js';

const requestTimeoutMs = 400;

/**
 * One request to the broker and its answer. Whoever waits for it gives up after a while; the request arrives all the same, now and
 * then only after that, unless the broker is away.
 *
 * @param stream name of the random numbers that say how long it takes
 * @param kind which accident loses the answer
 * @param action what the broker does; what it throws is its answer
 */
export function requestTo<T>(
  kafka: SimulatedKafka,
  owner: EventOwner,
  stream: string,
  kind: 'commit' | 'produce',
  action: () => T,
): Promise<T> {
  const { random, scheduler } = kafka.world;
  return new Promise((resolve, reject) => {
    const timeOut = (): void =>
      reject(Object.assign(new Error('no answer'), { name: 'KafkaJSRequestTimeoutError' }));
    scheduler.after(requestTimeoutMs, owner, timeOut);
    const isLate = random.chance(stream, 0.03);
    const arrivesInMs = isLate ? random.whole(stream, 200, 1_200) : random.whole(stream, 0, 30);
    scheduler.after(arrivesInMs, undefined, () => {
      if (kafka.isDown) return;
      const answer = attempt(action);
      if (kafka.loses[kind === 'commit' ? 'commitAnswers' : 'produceAnswers']) return;
      scheduler.after(random.whole(stream, 0, 30), owner, () => {
        if (answer.kind === 'done') resolve(answer.value);
        else reject(answer.error);
      });
    });
  });
}

type Answer<T> =
  { readonly kind: 'done'; readonly value: T } | { readonly kind: 'refused'; readonly error: Error };

function attempt<T>(action: () => T): Answer<T> {
  try {
    return { kind: 'done', value: action() };
  } catch (error) {
    if (error instanceof Error) return { kind: 'refused', error };
    throw error;
  }
}
