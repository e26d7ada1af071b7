import type { OutgoingMessage } from '../../processing/file-work.js';
import type { StateReader } from '../../wire/file-state.js';
import {
  callKey,
  encodeCall,
  encodeReader,
  readerKey,
  type AnnouncedCall,
  type PartitionReader,
} from '../../wire/run-records.js';

/** The records about runs, as messages to the state topic. */
export class RunNotes {
  readonly #own: StateReader & { readonly stateTopic: string };

  constructor(own: StateReader & { readonly stateTopic: string }) {
    this.#own = own;
  }

  reading(reader: PartitionReader): OutgoingMessage {
    return this.#message(readerKey(this.#own, reader.partition), encodeReader(this.#own, reader));
  }

  readNoMore(partition: number): OutgoingMessage {
    return this.#message(readerKey(this.#own, partition), null);
  }

  /** @param call undefined: the file is no suspect any more */
  calling(versionId: string, call: AnnouncedCall | undefined): OutgoingMessage {
    return this.#message(
      callKey(this.#own, versionId),
      call === undefined ? null : encodeCall(this.#own, call),
    );
  }

  #message(key: string, value: Buffer | null): OutgoingMessage {
    return { topic: this.#own.stateTopic, key: Buffer.from(key), value, headers: {} };
  }
}
