import type { PartStorage } from '../assembly/disk/part-storage.js';
import type { FileReady } from '../processing/file-work.js';
import type { DiscardScope, EngineListener } from './engine.js';

export interface FileHandOverHandlers {
  /** It was taken back before it reached the user's thread. */
  onDiscarded(workId: number): void;
  onNotPlaced(workId: number, error: Error): void;
}

/** Files on their way to the user's thread: those on disk get their final name first, and can be taken back meanwhile. */
export class FileHandOver {
  readonly #listener: EngineListener;
  readonly #storage: PartStorage;
  readonly #handlers: FileHandOverHandlers;
  readonly #underWay = new Set<number>();

  constructor(listener: EngineListener, storage: PartStorage, handlers: FileHandOverHandlers) {
    this.#listener = listener;
    this.#storage = storage;
    this.#handlers = handlers;
  }

  async placeAndProcess(file: FileReady, part: number): Promise<void> {
    const { workId } = file;
    this.#underWay.add(workId);
    try {
      const place = await this.#storage.publish(part, file.info.path);
      if (this.#underWay.delete(workId) && place !== undefined)
        this.#listener.onFileReady({ ...file, ...place });
    } catch (error) {
      if (this.#underWay.delete(workId)) this.#handlers.onNotPlaced(workId, error as Error);
    }
  }

  discard(scope: DiscardScope): void {
    for (const workId of [...this.#underWay]) {
      if (typeof scope !== 'string' && !scope.includes(workId)) continue;
      this.#underWay.delete(workId);
      this.#handlers.onDiscarded(workId);
    }
  }
}
