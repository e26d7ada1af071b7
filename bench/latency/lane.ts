import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Consumer } from 'kafkajs';
import { createTopic, freshName, plainKafka } from '../../test/invariants/harness/topics.js';
import { competitors, type Competitor, type CompetitorName } from '../throughput/competitors.js';

/** One running program with topics of its own. All programs run all the time and take turns. */
export class Lane {
  readonly name: CompetitorName;
  readonly topic: string;
  readonly #child: ChildProcess;
  readonly #reader: Consumer;
  readonly #folder: string;
  #onResult: (atMs: number) => void = () => undefined;

  private constructor(
    competitor: Competitor,
    topic: string,
    child: ChildProcess,
    reader: Consumer,
    folder: string,
  ) {
    this.name = competitor.name;
    this.topic = topic;
    this.#child = child;
    this.#reader = reader;
    this.#folder = folder;
  }

  static async open(brokers: readonly string[], competitor: Competitor, topic: string): Promise<Lane> {
    const folder = mkdtempSync(join(tmpdir(), 'bench-latency-'));
    const resultTopic = await createTopic(brokers, 'latency-results', 1);
    const reader = plainKafka(brokers).consumer({ groupId: freshName('latency'), maxWaitTimeInMs: 250 });
    const filled = {
      name: 'latency',
      fileCount: 1e9,
      fileBytes: 0,
      messageCount: 1e9,
      limit: 'reply' as const,
      topic,
    };
    const place = { brokers, filled, resultTopic, groupId: freshName('latency'), folder };
    const { program, args } = competitor.command(place);
    const output = openSync(join(folder, 'program.log'), 'w');
    // Standard input stays open and silent: the Python original reads commands from it.
    const child = spawn(program, args, { stdio: ['pipe', output, output] });
    closeSync(output);
    const lane = new Lane(competitor, topic, child, reader, folder);
    await reader.connect();
    await reader.subscribe({ topics: [resultTopic], fromBeginning: true });
    await reader.run({
      autoCommit: false,
      eachBatch: () => {
        lane.#onResult(performance.now());
        return Promise.resolve();
      },
    });
    return lane;
  }

  /** When the next result is read, on the clock of `performance.now()`. */
  nextResult(resultTimeoutMs = 30_000): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const tail = readFileSync(join(this.#folder, 'program.log'), 'utf8').slice(-2000);
        reject(new Error(`no result of ${this.name} within ${resultTimeoutMs} ms; it printed:\n${tail}`));
      }, resultTimeoutMs);
      this.#onResult = atMs => {
        clearTimeout(timer);
        resolve(atMs);
      };
    });
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    await this.#reader.disconnect();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Starts every program; `lanes` gets each one as soon as it runs, so that all can be ended if one fails. */
export async function openLanes(
  brokers: readonly string[],
  wanted: readonly CompetitorName[],
  createChunkTopic: () => Promise<string>,
  lanes: Lane[],
): Promise<void> {
  for (const competitor of await competitors(wanted))
    lanes.push(await Lane.open(brokers, competitor, await createChunkTopic()));
}
