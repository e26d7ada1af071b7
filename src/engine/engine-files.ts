import { DiskParts } from '../assembly/disk/disk-parts.js';
import type { PartContent, PartStorage } from '../assembly/disk/part-storage.js';
import { RunningHashes } from '../assembly/hashing/running-hashes.js';
import type { CompiledWorkerOptions } from '../config/worker-options.js';
import type { ContentRequest } from '../processing/content/content-messages.js';
import { ContentServer } from '../processing/content/content-server.js';
import type { DiscardScope, EngineListener } from './engine.js';
import { storageHandlers, type OutletHooks } from './engine-outlets.js';
import { FileHandOver } from './file-hand-over.js';
import type { FileCommand } from './messages.js';
import { contentHashes } from './topic-content/content-hash.js';
import type { ContentReader } from './topic-content/content-reader.js';
import { contentWindowBytes } from './topic-content/content-windows.js';
import { TopicContents } from './topic-content/topic-contents.js';
import { Verifier } from './verifier.js';

/** Makes the storage from its options and handlers. */
export type CreateStorage = (options: ConstructorParameters<typeof DiskParts>) => PartStorage;

/** Outcome of a file that did not reach the user's thread. */
const takenBack = { outcome: { kind: 'discarded' }, attempts: 0, processingMs: 0 } as const;

/** What carries out the core's commands at the contents of files: hashes, part files, what stays on the topic, and their way to the method. */
export class EngineFiles {
  readonly #listener: EngineListener;
  readonly #dispatch: OutletHooks['dispatch'];
  readonly #hashes: RunningHashes;
  readonly #verifier: Verifier;
  readonly #storage: PartStorage;
  readonly #handOver: FileHandOver;
  readonly #contents: TopicContents;
  readonly #contentServer: ContentServer;

  /** @param createStorage default: the real disk */
  constructor(
    options: Pick<CompiledWorkerOptions, 'consumeTopic' | 'memoryBudgetBytes' | 'mode' | 'outputDir'>,
    reader: ContentReader,
    listener: EngineListener,
    hooks: OutletHooks,
    createStorage: CreateStorage = given => new DiskParts(...given),
  ) {
    const { consumeTopic: topic, memoryBudgetBytes, mode, outputDir } = options;
    const { dispatch } = hooks;
    this.#listener = listener;
    this.#dispatch = dispatch;
    this.#hashes = new RunningHashes(() => dispatch({ kind: 'hashing-ended' }));
    this.#verifier = new Verifier(this.#hashes, {
      onVerified: (workId, matches) => dispatch({ kind: 'verified', workId, matches }),
      onHashed: () => dispatch({ kind: 'hashed' }),
    });
    const keepsFiles = mode !== 'memory';
    this.#storage = createStorage([{ outputDir, keepsFiles, hashes: this.#hashes }, storageHandlers(hooks)]);
    this.#handOver = new FileHandOver(listener, this.#storage, {
      onDiscarded: workId => dispatch({ kind: 'settled', settled: { workId, ...takenBack } }),
      onNotPlaced: (workId, error) => dispatch({ kind: 'not-placed', workId, error }),
    });
    const windowBytes = contentWindowBytes(memoryBudgetBytes);
    this.#contents = new TopicContents(
      topic,
      { reader, windowBytes, newHash: contentHashes(this.#hashes) },
      dispatch,
    );
    this.#contentServer = new ContentServer(this.#contents, answer => listener.onContent(answer));
  }

  /** @returns how names fold where files are kept */
  open(): ReturnType<PartStorage['open']> {
    return this.#storage.open();
  }

  carryOut(command: FileCommand): void {
    switch (command.kind) {
      case 'verify':
        return this.#verifier.verify(command.workId, command.bytes, command.fileHash);
      case 'hash':
        return this.#verifier.hash(command.workId, command.startByte, command.bytes);
      case 'verify-hashed':
        return void this.#verifier.verifyHashed(command.workId, command.fileHash);
      case 'forget-hash':
        return this.#verifier.forget(command.workId);
      case 'verify-part':
        return void this.#verifyPart(command.workId, command.content);
      case 'verify-content':
        return void this.#contents.verify(command.workId, command.content);
      case 'forget-content':
        return this.#contents.forget(command.workId);
      case 'part':
        return this.#storage.act(command.action);
      case 'process':
        return this.#listener.onFileReady(command.file);
      case 'place-and-process':
        return void this.#handOver.placeAndProcess(command.file, command.part);
    }
  }

  /** The method asks for bytes that are on the topic alone. */
  content(request: ContentRequest): void {
    this.#contentServer.take(request);
  }

  /** Takes files back that are on their way to the user's thread. */
  takeBack(scope: DiscardScope): void {
    this.#handOver.discard(scope);
  }

  endReading(): void {
    this.#contents.close();
  }

  closeStorage(): Promise<void> {
    return this.#storage.close();
  }

  /** Last, as what is being closed may still wait for a hash. */
  endHashing(): void {
    this.#hashes.close();
  }

  async #verifyPart(workId: number, content: PartContent): Promise<void> {
    const check = await this.#storage.verify(content);
    if (check !== undefined) this.#dispatch({ kind: 'verified', workId, ...check });
  }
}
