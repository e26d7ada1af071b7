import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { topicsWith } from './topics-with-files.js';
import { peakFinder, UserProject, type Ended } from './user-project.js';

let project: UserProject;
let kafka: EmbeddedKafka;
beforeAll(async () => {
  project = new UserProject();
  kafka = await EmbeddedKafka.start();
});
afterAll(async () => {
  await kafka.stop();
  project.remove();
});

/** The lines of the log. */
function logOf({ stderr }: Ended): Record<string, unknown>[] {
  return stderr
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

describe.concurrent('reproducer run on a broker', () => {
  it('runs a class whose module runs nothing, in TypeScript and in JavaScript', async () => {
    project.writeBoth('plain', peakFinder());
    for (const file of ['plain.ts', 'plain.js']) {
      const { flags, values } = await topicsWith(kafka, ['a.xy', 'b.xy']);
      const ended = await project.reproducer('run', file, ...flags, '--limit', '2', '--minimum-height', '7');
      expect(ended.code, ended.stderr).toBe(0);
      expect(values()).toEqual([
        { path: 'a.xy', height: 7 },
        { path: 'b.xy', height: 7 },
      ]);
    }
  });

  it('runs a class once whose module runs it too, with the options given there', async () => {
    const body = `
      constructor(public unit: string) {}
      onStart() { console.log('onStart', this.unit, this.minimumHeight); }
      onStop({ summary }: { summary: { files: { done: number } } }) { console.log('onStop', summary.files.done); }`;
    const end = `
      const { outcome } = await runReproducer(PeakFinder, undefined, { create: () => new PeakFinder('mm'), limit: 1 });
      console.log('the module goes on:', outcome);`;
    project.write('runs-itself.ts', peakFinder({ body, end }));
    const { flags, values } = await topicsWith(kafka, ['a.xy']);
    const ended = await project.reproducer('run', 'runs-itself.ts', ...flags);
    expect(ended.stdout, ended.stderr).toBe('the module goes on: not-run\nonStart mm 50\nonStop 1\n');
    expect(ended.code).toBe(0);
    expect(values()).toEqual([{ path: 'a.xy', height: 50 }]);
  });

  it('ends with 3 when a file failed, lists it, and does the others', async () => {
    project.write('fails.ts', peakFinder());
    const { flags, values } = await topicsWith(kafka, ['a.xy', 'bad.xy', 'c.xy']);
    const ended = await project.reproducer('run', 'fails.ts', ...flags, '--limit', '3');
    expect(ended.code, ended.stderr).toBe(3);
    expect(values()).toHaveLength(2);
    const last = logOf(ended).at(-1)!;
    expect(last).toMatchObject({ kind: 'failed-files', failedFileCount: 1 });
    expect(last['msg']).toMatch(
      /^1 file failed and will not be tried again by a restart:\n {2}bad\.xy at files-\d+\[/,
    );
  });

  it('ends with 1 when onStart throws, and the group has read nothing', async () => {
    project.write(
      'no-start.ts',
      peakFinder({ body: "onStart() { throw new Error('the database is away'); }" }),
    );
    const { flags, values, group } = await topicsWith(kafka, ['a.xy']);
    const ended = await project.reproducer('run', 'no-start.ts', ...flags);
    expect(ended.code, ended.stderr).toBe(1);
    expect(logOf(ended).at(-1)!['msg']).toBe(
      'ProcessorError: PeakFinder.onStart threw, so no message was read (caused by the database is away)',
    );
    expect(values()).toEqual([]);
    expect(kafka.committedOffsets(group)).toEqual([]);
  });

  it('check, or --check, tells what is there and leaves no trace', async () => {
    project.write('checked.ts', peakFinder());
    const { flags, group } = await topicsWith(kafka, ['a.xy']);
    const fine = await project.reproducer('check', 'checked.ts', ...flags);
    expect(fine.code, fine.stderr).toBe(0);
    expect(fine.stdout).toMatch(/^ok +brokers +cluster \S+, 1 broker: /m);
    expect(fine.stdout).toContain('PeakFinder can start. Nothing was read or committed.');
    const missing = await project.reproducer(
      'run',
      'checked.ts',
      ...flags,
      '--produce-topic',
      'absent',
      '--check',
    );
    expect(missing.code, missing.stderr).toBe(1);
    expect(missing.stdout).toMatch(
      /^problem +produce topic +absent does not exist, or this user may not see it/m,
    );
    expect(kafka.committedOffsets(group)).toEqual([]);
    expect(kafka.topics()).not.toContain('absent');
  });
});
