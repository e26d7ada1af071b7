import { judgeKafkaError } from '../judge-kafka-error.js';
import { type BrokerPool, internals } from '../kafkajs-internals.js';

/**
 * Makes kafkajs tell why no broker gave it an answer.
 *
 * It asks one broker after the other, e.g. for the coordinator of a group, and drops what each of them says. A missing
 * right then looks like a coordinator that is not there yet, and would be waited for in vain.
 */
export function keepRefusals(): void {
  const prototype = internals.brokerPool;
  if (prototype === undefined) return;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this`
  const original = prototype.withBroker;
  prototype.withBroker = async function (this: BrokerPool, use) {
    const refusals: unknown[] = [];
    const answer = await original.call(this, async (connected: unknown) => {
      try {
        return await use(connected);
      } catch (error) {
        if (judgeKafkaError(error).kind === 'forbidden') refusals.push(error);
        throw error;
      }
    });
    if (answer === null && refusals.length > 0) throw refusals[0];
    return answer;
  };
}
