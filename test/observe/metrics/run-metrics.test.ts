import prom from 'prom-client';
import { expect, it } from 'vitest';
import { RunMetrics } from '../../../src/observe/metrics/run-metrics.js';
import { badInput, doneReport, failedReport, progressOf } from '../reports.js';

const labels = { name: 'PeakFinder', version: '2', topic: 'raw', group: 'peaks' };

/** The samples of the worker's own metrics that are not 0, without buckets. */
async function samples(metrics: RunMetrics): Promise<string[]> {
  const lines = (await metrics.registry.metrics()).split('\n');
  return lines.filter(line => /^reproducer_/.test(line) && !line.includes('_bucket') && !line.endsWith(' 0'));
}

it('counts what the engine reports', async () => {
  const metrics = new RunMetrics(prom, labels);
  metrics.onReport(doneReport('a.xy', { processingMs: 500, totalMs: 2000, attempts: 3 }));
  metrics.onReport(
    doneReport('b.xy', {
      messageCount: 0,
      messageBytes: 0,
      skipped: 'no scan',
      size: 5,
      processingMs: 250,
      totalMs: 500,
    }),
  );
  metrics.onReport(failedReport('c.xy', { attempts: 2, processingMs: 250 }));
  metrics.onReport(failedReport('d.xy', { attempts: 0, reason: 'file-hash-mismatch' }));
  metrics.onReport({ kind: 'duplicate-version', path: 'a.xy', outcome: 'done' });
  metrics.onReport(badInput(7));
  metrics.onReport({ kind: 'partitions-lost', partitions: [1, 2], openVersionCount: 1 });
  metrics.onReport({ kind: 'position-reset', partition: 1, expected: 10n, found: 15n });
  metrics.onReport({ kind: 'position-reset', partition: 1, expected: 15n, found: 3n });
  expect(await samples(metrics)).toEqual([
    'reproducer_worker_info{name="PeakFinder",version="2",topic="raw",group="peaks"} 1',
    'reproducer_files_total{outcome="done"} 1',
    'reproducer_files_total{outcome="skipped"} 1',
    'reproducer_files_total{outcome="failed"} 2',
    'reproducer_files_total{outcome="duplicate"} 1',
    'reproducer_file_failures_total{reason="threw"} 1',
    'reproducer_file_failures_total{reason="file-hash-mismatch"} 1',
    'reproducer_bad_messages_total{code="ERR_CHUNK_DECODE"} 1',
    'reproducer_file_bytes_total 1258296',
    'reproducer_results_total 1',
    'reproducer_result_bytes_total 27',
    'reproducer_method_retries_total 3',
    'reproducer_lost_records_total 5',
    'reproducer_lost_partitions_total 2',
    'reproducer_method_seconds_sum 1',
    'reproducer_method_seconds_count 3',
    'reproducer_file_seconds_sum 2.5',
    'reproducer_file_seconds_count 2',
  ]);
});

it('shows where the engine stands, and forgets partitions that it lost', async () => {
  const metrics = new RunMetrics(prom, labels);
  const file = {
    path: 'a.xy',
    state: 'assembling',
    heldChunkCount: 1,
    chunkCount: 3,
    heldBytes: 10,
  } as const;
  const commit = { kind: 'transaction', result: 'committed', durationMs: 40 } as const;
  metrics.onProgress(
    progressOf({
      recordCount: 5,
      recordBytes: 500,
      openFileCount: 3,
      pipelineFileCount: 1,
      heldBytes: 4096,
      partitions: [0, 1],
      partitionLags: [
        { partition: 0, lag: 4 },
        { partition: 1, lag: 2 },
      ],
      openFiles: [
        { ...file, ageMs: 3500 },
        { ...file, ageMs: 10 },
      ],
      commits: [commit, { ...commit, result: 'failed' }],
    }),
  );
  metrics.onProgress(
    progressOf({
      recordCount: 8,
      recordBytes: 900,
      memoryBytes: 7,
      partitionLags: [{ partition: 1, lag: 3 }],
      commits: [commit],
    }),
  );
  expect(await samples(metrics)).toEqual([
    'reproducer_worker_info{name="PeakFinder",version="2",topic="raw",group="peaks"} 1',
    'reproducer_commit_seconds_sum{kind="transaction",result="committed"} 0.08',
    'reproducer_commit_seconds_count{kind="transaction",result="committed"} 2',
    'reproducer_commit_seconds_sum{kind="transaction",result="failed"} 0.04',
    'reproducer_commit_seconds_count{kind="transaction",result="failed"} 1',
    'reproducer_records_total 8',
    'reproducer_record_bytes_total 900',
    'reproducer_memory_bytes 7',
    'reproducer_partition_lag{partition="1"} 3',
    'reproducer_partitions 1',
    'reproducer_state{state="running"} 1',
  ]);
});
