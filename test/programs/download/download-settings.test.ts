import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  readDownloadFlags,
  usualGroupId,
  type DownloadFlags,
} from '../../../src/programs/download/download-settings.js';

const lab = `[broker]
bootstrap.servers = kafka:9092
[consumer]
group.id = peaks
group.instance.id = peaks-1
[reproducer]
state-topic = peaks.files
dead-letter-topic = peaks.dead-letters
heartbeat-topic = beats
log-topic = lines
metrics = 9464
limit = 3
crash-limit = 2
match = *.xy
memory-budget = 32MiB
`;

function settingsOf(flags: DownloadFlags, env: Readonly<Record<string, string>> = {}) {
  const sources = { env, cwd: '/project', readFile: () => lab };
  const given = { topic: 'files', config: 'lab.config', ...flags };
  const { options } = readDownloadFlags('/data', given, {}, sources);
  return options;
}

describe('a download with the configuration file of a worker', () => {
  it('takes the way to the brokers and budgets from it, and nothing that is the worker’s own', () => {
    const options = settingsOf({});
    const text = JSON.stringify(options);
    expect(text).toContain('"kafka:9092"');
    expect(options.memoryBudgetBytes).toBe(32 * 1024 * 1024);
    for (const ofWorker of ['peaks', 'beats', 'lines', '9464', '.xy']) expect(text).not.toContain(ofWorker);
    expect(options.limit).toBeUndefined();
  });

  it('gives up no file for the deaths of its process, whatever the file says', () => {
    expect(settingsOf({}).crashLimit).toBe(0);
  });

  it('takes nothing of the worker’s own from the environment either', () => {
    expect(settingsOf({}, { REPRODUCER_LIMIT: '7' }).limit).toBeUndefined();
  });

  it('is in a group of this host and this folder', () => {
    expect(settingsOf({}).groupId).toBe(usualGroupId('/data', hostname()));
    expect(usualGroupId('/data', 'one')).not.toBe(usualGroupId('/data', 'other'));
    expect(usualGroupId('/data', 'one')).not.toBe(usualGroupId('/data2', 'one'));
  });

  it('keeps tables of files where flags say so, and none in the folder itself', () => {
    expect(settingsOf({}).tablesFolder).toBeUndefined();
    expect(settingsOf({ tables: 'of-copies' }).tablesFolder).toBe('/project/of-copies');
    expect(settingsOf({ tables: 'none' }).tablesFolder).toBeUndefined();
  });

  it('tells of itself on topics where flags say so', () => {
    const { heartbeats, logMessages } = settingsOf({
      heartbeatTopic: 'copy-beats',
      heartbeatId: 'copy',
      logTopic: 'l',
    });
    expect(heartbeats).toEqual({ topic: 'copy-beats', intervalMs: 900_000, programId: 'copy' });
    expect(logMessages?.topic).toBe('l');
  });

  it('heeds flags', () => {
    expect(settingsOf({ limit: '5' }).limit).toBe(5);
    expect(JSON.stringify(settingsOf({ stateTopic: 'copies.files' }))).toContain('copies.files');
  });
});
