import type { Fact } from './facts.js';
import type { History } from './run-history.js';

/** Counts what happened in many histories, so that one sees that it happened at all. */
export class Tally {
  historyCount = 0;
  readonly #counts = {
    files: 0,
    incomplete: 0,
    calls: 0,
    results: 0,
    repeated: 0,
    kills: 0,
    generations: 0,
    takeovers: 0,
    suspected: 0,
    givenUp: 0,
  };
  readonly #commits = { commits: 0, movedOffsets: 0, cutLogs: 0 };

  add({ truth, facts }: History): void {
    this.historyCount += 1;
    const counts = this.#counts;
    counts.files += truth.versions.length;
    counts.incomplete += truth.versions.filter(({ isWhole }) => !isWhole).length;
    const seen = new Set<string>();
    for (const fact of facts) this.#addFact(fact, seen);
  }

  #addFact(fact: Fact, seen: Set<string>): void {
    const counts = this.#counts;
    if (fact.kind === 'started') counts.calls += 1;
    if (fact.kind === 'worker-killed') counts.kills += 1;
    if (fact.kind === 'generation') counts.generations += 1;
    if (fact.kind === 'state' && fact.value !== null) this.#addRecord(fact.value);
    if (fact.kind === 'assigned' && fact.lost.length > 0) counts.takeovers += 1;
    if (fact.kind === 'committed') this.#commits.commits += 1;
    if (fact.kind === 'offsets-moved') this.#commits.movedOffsets += 1;
    if (fact.kind === 'retention') this.#commits.cutLogs += 1;
    if (fact.kind !== 'result') return;
    counts.results += 1;
    if (seen.has(fact.content.sha512)) counts.repeated += 1;
    seen.add(fact.content.sha512);
  }

  #addRecord(value: string): void {
    const counts = this.#counts;
    const { outcome, reason, deaths } = JSON.parse(value) as Record<string, unknown>;
    if (outcome === 'calling' && Number(deaths) > 0) counts.suspected += 1;
    if (reason === 'crashed') counts.givenUp += 1;
  }

  /** One line. */
  text(): string {
    const { files, incomplete, calls, results, repeated, kills, generations, takeovers } = this.#counts;
    const { suspected, givenUp } = this.#counts;
    const { commits, movedOffsets, cutLogs } = this.#commits;
    return (
      `${this.historyCount} histories: ${files} files (${incomplete} incomplete), ${calls} calls, ${results} results ` +
      `(${repeated} repeated), ${commits} commits, ${kills} kills, ${generations} generations, ` +
      `${takeovers} times partitions lost, ${suspected} calls of suspects, ${givenUp} files given up, ${movedOffsets} times offsets moved, ${cutLogs} logs cut`
    );
  }
}
