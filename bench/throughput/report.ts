import { median } from '../measuring/statistics.js';
import { shortNumber, tableLines } from '../measuring/table.js';
import type { FilledTopic } from './cases.js';
import type { Competitor, CompetitorName } from './competitors.js';
import type { Measurement } from './measured-run.js';

/** All runs of one program: on the case's topic, and on the topic with one file. */
export interface Runs {
  readonly competitor: Competitor;
  readonly runs: readonly Measurement[];
  readonly startUps: readonly Measurement[];
}

/** Medians over the rounds, net of start-up. */
export interface CompetitorResult {
  readonly name: CompetitorName;
  readonly startUpSeconds: number;
  readonly seconds: number;
  readonly megabytesPerSecond: number;
  readonly filesPerSecond: number;
  /** From the first readable result to the last: no start-up in it. Undefined for programs that send none. */
  readonly resultsPerSecond: number | undefined;
  readonly cpuSecondsPerGigabyte: number;
  readonly peakMebibytes: number;
  /** This program's rate divided by that of the bare loop that is the limit here, of the Python original. */
  rateToLimit?: number;
  rateToPython?: number;
  cpuToLimit?: number;
  cpuToPython?: number;
  resultRateToPython?: number;
}

export interface CaseResult {
  readonly name: string;
  readonly fileCount: number;
  readonly fileBytes: number;
  readonly limit: CompetitorName;
  readonly results: readonly CompetitorResult[];
}

export function caseResult(filled: FilledTopic, all: readonly Runs[]): CaseResult {
  const results = all.map(runs => competitorResult(filled, runs));
  const limit = results.find(({ name }) => name === filled.limit);
  const python = results.find(({ name }) => name === 'python');
  for (const result of results) {
    if (limit !== undefined) {
      result.rateToLimit = result.filesPerSecond / limit.filesPerSecond;
      result.cpuToLimit = result.cpuSecondsPerGigabyte / limit.cpuSecondsPerGigabyte;
    }
    if (python !== undefined) {
      result.rateToPython = result.filesPerSecond / python.filesPerSecond;
      if (result.resultsPerSecond !== undefined && python.resultsPerSecond !== undefined)
        result.resultRateToPython = result.resultsPerSecond / python.resultsPerSecond;
      result.cpuToPython = result.cpuSecondsPerGigabyte / python.cpuSecondsPerGigabyte;
    }
  }
  const { name, fileCount, fileBytes } = filled;
  return { name, fileCount, fileBytes, limit: filled.limit, results };
}

function competitorResult(filled: FilledTopic, { competitor, runs, startUps }: Runs): CompetitorResult {
  const bytes = filled.fileCount * filled.fileBytes;
  const startUpSeconds = median(startUps.map(({ seconds }) => seconds));
  const startUpCpuSeconds = median(startUps.map(({ cpuSeconds }) => cpuSeconds));
  const seconds = Math.max(0.001, median(runs.map(run => run.seconds)) - startUpSeconds);
  const resultSeconds = runs.map(run => run.resultSeconds).filter(time => time !== undefined);
  const cpuSeconds = Math.max(0.001, median(runs.map(run => run.cpuSeconds)) - startUpCpuSeconds);
  return {
    name: competitor.name,
    startUpSeconds,
    seconds,
    megabytesPerSecond: bytes / seconds / 1e6,
    filesPerSecond: filled.fileCount / seconds,
    resultsPerSecond:
      resultSeconds.length === 0 ? undefined : (filled.fileCount - 1) / Math.max(0.01, median(resultSeconds)),
    cpuSecondsPerGigabyte: (cpuSeconds / bytes) * 1e9,
    peakMebibytes: median(runs.map(run => run.peakBytes)) / 2 ** 20,
  };
}

export function printCase(result: CaseResult): void {
  const { name, fileCount, fileBytes, limit } = result;
  console.log(`\n${name}: ${fileCount} files of ${fileBytes / 1024} KiB; medians, net of start-up`);
  const header = ['program', 'start-up s', 'net s', 'MB/s', 'files/s', 'results/s', 'CPU s/GB', 'peak MiB'];
  const ratios = [`rate/${limit}`, `CPU/${limit}`, 'rate/python', 'results/python', 'CPU/python'];
  const rows = result.results.map(one => [
    one.name,
    ...[one.startUpSeconds, one.seconds, one.megabytesPerSecond, one.filesPerSecond].map(shortNumber),
    ...[one.resultsPerSecond, one.cpuSecondsPerGigabyte, one.peakMebibytes].map(shortNumber),
    ...[one.rateToLimit, one.cpuToLimit].map(shortNumber),
    ...[one.rateToPython, one.resultRateToPython, one.cpuToPython].map(shortNumber),
  ]);
  for (const line of tableLines([...header, ...ratios], rows)) console.log(line);
}
