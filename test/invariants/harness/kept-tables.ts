import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const time = String.raw`'\w{3} \w{3} \d\d, \d{4} at \d\d:\d\d:\d\d'`;
const oldTime = "'Mon Nov 23, 2026 at 20:25:30'";

/** A row, without its times. */
export interface KeptRow {
  readonly path: string;
  readonly chunkCount: number;
  /** Undefined: it is done. */
  readonly status?: string;
}

/**
 * OpenMSIStream's tables of files as a script would read them, which knows nothing of the code under test: what is no whole row is
 * reported.
 */
export class KeptTables {
  readonly logs: string;
  readonly #inProgress: string;
  readonly #succeeded: string;

  constructor(
    folder: string,
    of: { readonly topic: string; readonly group: string; readonly results: string },
  ) {
    this.logs = join(folder, 'LOGS');
    this.#inProgress = `consuming_from_${of.topic}_in_progress_by_${of.group}.csv`;
    this.#succeeded = `results_produced_to_${of.results}.csv`;
  }

  /** So many rows in each table that were written long ago, so that changing it takes a while. */
  fill(count: number): void {
    mkdirSync(this.logs, { recursive: true });
    const rows = (status: string): string =>
      Array.from(
        { length: count },
        (_, at) => `\n'scan-${at}.xy';'old/scan-${at}.xy';${status}${at};${oldTime};${oldTime}`,
      ).join('');
    const heads = [
      'filename;rel_filepath;status;n_chunks;first_message;most_recent_message',
      'filename;rel_filepath;n_chunks;first_message;processed_at',
    ];
    writeFileSync(join(this.logs, this.#inProgress), `${heads[0]}${rows("'in_progress';")}`);
    writeFileSync(join(this.logs, this.#succeeded), `${heads[1]}${rows('')}`);
  }

  /** Process that writes them now. */
  get writer(): number | undefined {
    const text = this.#read('.tables.lock');
    return text === undefined || text === '' ? undefined : Number(text.split(' ')[1]);
  }

  get inProgress(): KeptRow[] {
    return this.#rows(this.#inProgress, new RegExp(`^'[^';]+';'([^';]+)';'(\\w+)';(\\d+);${time};${time}$`));
  }

  get succeeded(): KeptRow[] {
    return this.#rows(this.#succeeded, new RegExp(`^'[^';]+';'([^';]+)';()(\\d+);${time};${time}$`));
  }

  /** What lies there beside tables and log. */
  get leftBehind(): string[] {
    return readdirSync(this.logs).filter(name => !/\.(csv|log)$/.test(name));
  }

  log(name: string): string[] {
    return this.#read(name)?.split('\n') ?? [];
  }

  #rows(name: string, row: RegExp): KeptRow[] {
    const [, ...lines] = this.#read(name)!.split('\n');
    return lines.map(line => {
      const [, path, status, chunkCount] = row.exec(line) ?? [];
      if (path === undefined) throw new Error(`${name}: no whole row: ${JSON.stringify(line)}`);
      return { path, chunkCount: Number(chunkCount), ...(status === '' ? {} : { status: status! }) };
    });
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.logs, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
