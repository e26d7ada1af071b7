import { describe, expect, it } from 'vitest';
import { Broker } from '../../src/embedded-kafka/broker.js';
import { VirtualClock } from '../../src/embedded-kafka/index.js';
import { brokerSettings } from '../../src/embedded-kafka/options.js';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import { Transaction } from '../../src/embedded-kafka/transactions/transaction.js';

function withEpoch(epoch: number): Transaction {
  const transaction = new Transaction('tx', 7n);
  transaction.producerEpoch = epoch;
  return transaction;
}

describe('the epochs of a transactional id', () => {
  it('end at 32766, so that one is left to fence with', () => {
    expect(withEpoch(32_765).isExhausted).toBe(false);
    const last = withEpoch(32_766);
    expect(last.isExhausted).toBe(true);
    last.fence();
    last.fence();
    expect(last.producerEpoch).toBe(32_767);
  });

  it('start again with another producer id, which the former producer may still ask for once', () => {
    const transaction = withEpoch(32_766);
    const former = { producerId: 7n, producerEpoch: 32_766 };
    transaction.changeProducerId(8n, former);
    expect(transaction).toMatchObject({ producerId: 8n, producerEpoch: 0 });
    expect(transaction.knows(former)).toBe(true);
    expect(transaction.bumpEpoch(former)).toBe(true);
    expect(transaction).toMatchObject({ producerId: 8n, producerEpoch: 0 });
    expect(transaction.knows({ producerId: 7n, producerEpoch: 32_765 })).toBe(false);
  });

  it('go on for the producer whose transaction ran out of time, unless another one takes over', () => {
    const clock = new VirtualClock();
    const broker = new Broker(brokerSettings({ clock }));
    const { transactions } = broker;
    const start = () => {
      const first = transactions.init({ transactionalId: 'tx', timeoutMs: 1_000, former: undefined });
      if (typeof first === 'number') throw new Error(`refused with ${first}`);
      transactions.addGroup({ transactionalId: 'tx', ...first }, 'g');
      clock.advance(1_000);
      return first;
    };
    const former = start();
    const again = () => transactions.init({ transactionalId: 'tx', timeoutMs: 1_000, former });
    const next = { producerId: former.producerId, producerEpoch: former.producerEpoch + 1 };
    expect(again()).toEqual(next);
    expect(again()).toEqual(next); // the answer may have been lost
    start();
    expect(again()).toBe(errorCodes.PRODUCER_FENCED);
  });
});
