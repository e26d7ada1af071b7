import { EngineCore } from '../../src/engine/engine-core.js';
import type { EngineCoreOptions } from '../../src/engine/engine-core-options.js';
import type { EngineCommand, EngineEvent } from '../../src/engine/messages.js';
import type { EngineReport } from '../../src/engine/reports.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import type { FileChunk } from '../../src/wire/file-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';

/** Of a core whose only topic is `raw`. */
export const coreOptions: EngineCoreOptions = {
  topic: 'raw',
  name: 'Test',
  version: '',
  concurrency: 1,
  budgetBytes: 1_000_000,
  maxFileBytes: 1_000_000,
  startFrom: 'earliest',
  placement: 'scattered',
};

export const commandsOf = <K extends EngineCommand['kind']>(commands: readonly EngineCommand[], kind: K) =>
  commands.filter((command): command is EngineCommand & { kind: K } => command.kind === kind);

/** A core that owns partition 0 of `raw`. */
export class Driven {
  readonly core: EngineCore;
  nowMs = 1_000;
  readonly reports: EngineReport[] = [];
  /** The last one asked for. */
  commit: (EngineCommand & { kind: 'commit' }) | undefined;

  constructor(options: Partial<EngineCoreOptions> = {}) {
    this.core = new EngineCore({
      ...coreOptions,
      ...options,
    });
    this.handle({ kind: 'assigned', assignment: { epoch: 1, kept: [], added: [0], lost: [] } });
  }

  handle(event: EngineEvent): EngineCommand[] {
    const commands = this.core.handle(event, this.nowMs);
    this.commit = commandsOf(commands, 'commit')[0] ?? this.commit;
    this.reports.push(...commandsOf(commands, 'report').map(({ report }) => report));
    return commands;
  }

  /** Answers the commit that is under way. */
  answerCommit(result: 'committed' | 'stale' | 'failed'): EngineCommand[] {
    return this.handle({ kind: 'commit-ended', commitId: this.commit!.commitId, result });
  }

  read(
    chunks: readonly FileChunk[],
    firstOffset: number,
    { epoch = 1, partition = 0, timestampMs = 0 } = {},
  ): EngineCommand[] {
    const records = chunks.map((chunk, at) => ({
      offset: BigInt(firstOffset + at),
      timestampMs,
      key: null,
      value: encodeChunk(chunk),
    }));
    const nextOffset = BigInt(firstOffset + chunks.length);
    return this.handle({
      kind: 'records',
      epoch,
      partition,
      records,
      nextOffset,
      highWatermark: nextOffset,
    });
  }

  /** Reads these again, from a topic that holds `log`. */
  readBack(
    { workId, chunks }: EngineCommand & { kind: 'read-back' },
    log: readonly FileChunk[],
  ): EngineCommand[] {
    const records = chunks.map(({ offset }) => ({
      ...{ offset, timestampMs: 0, key: null },
      value: encodeChunk(log[Number(offset)]!),
    }));
    const taken = this.handle({ kind: 'read-back', workId, partition: 0, records });
    return [...taken, ...this.handle({ kind: 'read-back-ended', workId, missing: [] })];
  }

  /** Verifies the file of these commands; its method returns nothing. @returns what the method saw */
  finish(commands: readonly EngineCommand[]): string | undefined {
    const [verify] = commandsOf(commands, 'verify');
    const { workId } = verify!;
    const [content] = contentOf(this.handle({ kind: 'verified', workId, matches: true }));
    const outcome = { kind: 'done', messages: [] } as const;
    this.handle({ kind: 'settled', settled: { workId, outcome, attempts: 1, processingMs: 1 } });
    return content;
  }

  tick(ms: number): EngineCommand[] {
    this.nowMs += ms;
    return this.handle({ kind: 'tick' });
  }
}

export function chunksOf(text: string, chunkBytes: number, filename = 'f.txt'): FileChunk[] {
  return [...splitFile({ filename, subdirectory: '', bytes: Buffer.from(text) }, chunkBytes)];
}

export function contentOf(commands: readonly EngineCommand[]): string[] {
  return commandsOf(commands, 'process').map(({ file }) => Buffer.from(file.bytes!, 0, file.size).toString());
}
