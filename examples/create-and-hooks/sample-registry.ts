import { readFile } from 'node:fs/promises';

/** What the lab knows about a sample. */
export interface Sample {
  readonly name: string;
  readonly owner: string;
}

/** Stands for a database: it must be opened before use and closed after it. */
export class SampleRegistry {
  readonly #location: URL;
  #samples: Map<string, Sample> | undefined;

  constructor(location: URL) {
    this.#location = location;
  }

  /** @throws when the location cannot be read */
  async open(): Promise<void> {
    const [, ...rows] = (await readFile(this.#location, 'utf8')).trim().split(/\r?\n/);
    this.#samples = new Map(
      rows.map(row => {
        const [id, name, owner] = row.split(',') as [string, string, string];
        return [id, { name, owner }];
      }),
    );
  }

  find(id: string): Sample | undefined {
    if (this.#samples === undefined) throw new Error('the registry is not open');
    return this.#samples.get(id);
  }

  close(): void {
    this.#samples = undefined;
  }
}
