import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createTopic, endOffsets, until, withAdmin } from '../../test/invariants/harness/topics.js';
import { processUsage, type ProcessUsage } from '../measuring/process-usage.js';
import type { SourceFiles } from './source-files.js';
import type { Uploader } from './uploaders.js';

/** One upload. */
export interface UploadMeasurement extends ProcessUsage {
  /** From the start of the process until the last chunk could be read. */
  readonly seconds: number;
  /** From the first chunk that could be read: no start-up in it. */
  readonly netSeconds: number;
}

const partitionCount = 4;
const timeoutMs = 300_000;

/**
 * Runs one program on a topic of its own.
 * @throws {Error} with the end of what it printed, when it ends early or takes longer than five minutes
 */
export async function measureUpload(
  uploader: Uploader,
  brokers: readonly string[],
  source: SourceFiles,
): Promise<UploadMeasurement> {
  const scratch = mkdtempSync(join(tmpdir(), 'bench-upload-'));
  const topic = await createTopic(brokers, 'bench-upload', partitionCount);
  const log = join(scratch, 'program.log');
  const output = openSync(log, 'w');
  const { program, args } = uploader.command({ brokers, topic, source: source.folder, scratch });
  const started = performance.now();
  // Standard input stays open and silent: the Python original reads commands from it.
  const child = spawn(program, args, { stdio: ['pipe', output, output] });
  let firstAt: number | undefined;
  let usage: ProcessUsage = { cpuSeconds: 0, peakBytes: 0 };
  try {
    return await withAdmin(brokers, async admin => {
      await until('all chunks on the topic', timeoutMs, async () => {
        const isRunning = child.exitCode === null && child.signalCode === null;
        // What has ended has no usage any more.
        const now = processUsage(child.pid!);
        if (now.peakBytes > 0) usage = now;
        // A new topic's leader may not answer yet.
        const ends = await endOffsets(admin, topic).catch(() => new Map<number, bigint>());
        const count = Number([...ends.values()].reduce((sum, end) => sum + end, 0n));
        if (count > 0) firstAt ??= performance.now();
        if (count >= source.chunkCount) return true;
        if (!isRunning) throw new Error(`ended early: ${readFileSync(log, 'utf8').slice(-2000)}`);
        // Asked more often, the broker would be kept from its work.
        await delay(50);
        return false;
      });
      const ended = performance.now();
      return { seconds: (ended - started) / 1000, netSeconds: (ended - firstAt!) / 1000, ...usage };
    });
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    closeSync(output);
    await withAdmin(brokers, admin => admin.deleteTopics({ topics: [topic] }));
    rmSync(scratch, { recursive: true, force: true });
    source.removeTraces();
  }
}
