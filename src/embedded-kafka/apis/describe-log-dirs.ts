import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** Where Kafka would name a folder. */
const place = 'memory';
const unknownBytes = -1n;

/** Tells how many bytes partitions hold. */
export const describeLogDirs: Api = {
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 4],
  flexibleFrom: 2,
  handle({ version, body, response, broker }) {
    const wanted = body.nullableStructs(() => ({
      name: body.string('topic'),
      partitions: body.array(() => body.int32()),
    }));
    const wantedByName = wanted && new Map(wanted.map(({ name, partitions }) => [name, partitions]));
    const topics = broker.topics.all().filter(({ name }) => wantedByName?.has(name) ?? true);
    response.int32(0);
    if (version >= 3) response.errorCode(errorCodes.NONE);
    response.structs([place], name => {
      response.errorCode(errorCodes.NONE).string(name);
      response.structs(topics, ({ name, partitions }) => {
        const indexes = wantedByName?.get(name);
        response.string(name);
        response.structs(
          partitions.filter(({ index }) => indexes?.includes(index) ?? true),
          ({ index, log }) => response.int32(index).int64(BigInt(log.byteLength)).int64(0n).boolean(false),
        );
      });
      if (version >= 4) response.int64(unknownBytes).int64(unknownBytes);
    });
    return 'respond';
  },
};
