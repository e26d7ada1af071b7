import * as prom from 'prom-client';
import { expect, test } from 'vitest';
import type { EngineReport } from '../../../src/engine/reports.js';
import { RunMetrics } from '../../../src/observe/metrics/run-metrics.js';

const labels = { name: 'PeakFinder', version: '1', topic: 'raw', group: 'peaks' };
const file = {
  path: 'a.xy',
  filename: 'a.xy',
  subdirectory: '',
  sha512: '0'.repeat(128),
  chunkCount: 3,
  source: { topic: 'raw', partitions: [] },
};

async function valuesAfter(...reports: readonly EngineReport[]): Promise<string[]> {
  const metrics = new RunMetrics(prom, labels);
  for (const report of reports) metrics.onReport(report);
  return (await metrics.registry.metrics()).split('\n').filter(line => /^reproducer_.* [1-9]/.test(line));
}

test.each<[string, EngineReport, string]>([
  ['stalls', { kind: 'file-stalled', file, heldChunkCount: 1, sinceMs: 0 }, 'stalled_files_total 1'],
  [
    'is set aside',
    { kind: 'file-set-aside', file, heldChunkCount: 1, reason: 'too-many' },
    'set_aside_files_total{reason="too-many"} 1',
  ],
  ['goes on', { kind: 'file-resumed', path: 'a.xy', chunkCount: 1 }, 'resumed_files_total 1'],
  ['was what a run died of', { kind: 'run-died', suspects: ['a.xy'] }, 'dead_runs_total 1'],
  ['loses bytes', { kind: 'bytes-dropped', path: 'a.xy', byteLength: 7 }, 'dropped_bytes_total 7'],
  [
    'is superseded',
    { kind: 'file-superseded', path: 'a.xy', versionId: '0', heldChunkCount: 1, chunkCount: 3 },
    'files_total{outcome="superseded"} 1',
  ],
])('a file that %s is counted', async (_, report, expected) => {
  const info = 'reproducer_worker_info{name="PeakFinder",version="1",topic="raw",group="peaks"} 1';
  expect(await valuesAfter(report)).toEqual(expect.arrayContaining([info, `reproducer_${expected}`]));
  expect(await valuesAfter(report, report)).toEqual(
    expect.arrayContaining([`reproducer_${expected.replace(/\d$/, last => String(2 * Number(last)))}`]),
  );
});

test('reading that waits is shown until it goes on', async () => {
  const at = (paused: boolean) =>
    ({ kind: 'backpressure', paused, waitingBytes: 5, waitingCount: 1 }) as const;
  expect(await valuesAfter(at(true))).toContain('reproducer_reading_paused 1');
  expect(await valuesAfter(at(true), at(false))).not.toContain('reproducer_reading_paused 1');
});
