import { apis } from '../../src/embedded-kafka/apis/registry.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { buildBatch } from '../embedded-kafka/build-batch.js';

const served = apis.flatMap(({ key, flexibleFrom, versions: [first, last] }) =>
  Array.from({ length: last - first + 1 }, (_, index) => ({
    key,
    version: first + index,
    isFlexible: first + index >= flexibleFrom,
  })),
);
const names = ['t', 'g', '', 'x', 'consumer', 'retention.ms'];

/** Makes requests with right headers, whose bodies are pieces of requests in any order, damaged here and there. */
export class RequestMaker {
  static readonly correlationId = 7;
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** The next request, without its length. */
  next(): Buffer {
    const { key, version, isFlexible } = this.oneOf(served);
    const request = new ResponseWriter(isFlexible)
      .int16(key)
      .int16(version)
      .int32(RequestMaker.correlationId);
    request.int16(-1); // client id
    request.noTags();
    const pieceCount = this.below(40);
    for (let index = 0; index < pieceCount; index++) this.addPiece(request);
    return this.damaged(Buffer.concat(request.finish()));
  }

  private addPiece(request: ResponseWriter): void {
    switch (this.below(9)) {
      case 0:
        return void request.int8(this.below(4) - 1);
      case 1:
        return void request.int16(this.below(5) - 2);
      case 2:
        return void request.int32(this.below(6) - 1);
      case 3:
        return void request.int64(BigInt(this.below(6) - 3));
      case 4:
        return void request.string(this.below(10) === 0 ? null : this.oneOf(names));
      case 5:
        return void request.unsignedVarint(this.below(4));
      case 6:
        return void request.bytes(buildBatch({ values: ['a', 'b'].slice(0, 1 + this.below(2)) }));
      case 7:
        return void request.int32(2 ** 31 - 1 - this.below(3));
      default:
        return void request.int32(1).string('t').int32(1).int32(0);
    }
  }

  private damaged(bytes: Buffer): Buffer {
    const headerBytes = 10;
    const damageCount = this.below(3) === 0 ? this.below(6) : 0;
    for (let index = 0; index < damageCount && bytes.length > headerBytes; index++) {
      bytes[headerBytes + this.below(bytes.length - headerBytes)] = this.below(256);
    }
    const isCut = this.below(4) === 0 && bytes.length > headerBytes;
    return isCut ? bytes.subarray(0, headerBytes + this.below(bytes.length - headerBytes)) : bytes;
  }

  private oneOf<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** A number from 0 to `count` - 1; pseudo-random, so that a seed is enough to see it again. */
  private below(count: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }
}
