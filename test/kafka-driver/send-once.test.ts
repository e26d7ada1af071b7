import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { deferred } from '../deferred.js';
import { change, closeAfterEach, startMember } from './two-brokers.js';

closeAfterEach();

test.each(['is still under way', 'has come, and its partition has another leader now'])(
  'a transaction has each record once when a broker fails while the answer of another one %s',
  async when => {
    const { leaders, commit, committed } = await startMember();
    const [repeated, answered] = [deferred(), deferred()];
    let toFirst = 0;
    change('Produce', (made, { topicData, transactionalId }) => {
      if (transactionalId === undefined || transactionalId === null) return made;
      if (topicData.some(({ partitions }) => partitions.some(({ partition }) => partition === 0))) {
        toFirst += 1;
        if (toFirst > 1) {
          repeated.resolve();
          return made;
        }
        const encode = async () => {
          if (when !== 'is still under way') {
            await answered.promise;
            leaders[1] = 0;
          }
          throw new kafkajs.KafkaJSConnectionError('lost on purpose');
        };
        return { ...made, request: { ...made.request, encode } };
      }
      const parse = async (data: unknown) => {
        if (when === 'is still under way') await repeated.promise;
        const parsed = await made.response.parse(data);
        answered.resolve();
        return parsed;
      };
      return { ...made, response: { ...made.response, parse } };
    });

    const texts = ['to 0', 'to 1'];
    const refusal = 'a broker failed while others had taken their share: all of it has to be sent anew';
    await expect(commit(texts)).rejects.toMatchObject({
      ...{ code: 'ERR_BROKER', retriable: true },
      message: `cannot produce results and commit their offsets: ${refusal}`,
    });
    expect(await commit(texts)).toBe('committed');
    expect(await committed()).toEqual(texts);
  },
);
