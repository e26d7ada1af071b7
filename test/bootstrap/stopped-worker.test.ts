import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { topicsWith } from '../cli/topics-with-files.js';
import { peakFinder, underTsx, UserProject } from '../cli/user-project.js';

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

describe.concurrent('a stopped worker', () => {
  const slow = (ms: number): string =>
    peakFinder({
      before: `console.log('started'); await new Promise(done => setTimeout(done, ${ms}));`,
      end: 'await runReproducer(PeakFinder, import.meta);',
    });

  it('under tsx ends its call, commits, and exits with 0 after SIGINT', async () => {
    project.write('slow.ts', slow(300));
    const { flags, values, group } = await topicsWith(kafka, ['a.xy']);
    const { child, printed, ended } = project.start([...underTsx, 'slow.ts', ...flags]);
    await printed('started');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, signal: null });
    expect(values()).toEqual([{ path: 'a.xy', height: 50 }]);
    expect(kafka.committedOffsets(group).length).toBeGreaterThan(0);
  });

  it('leaves a call behind that does not end before the deadline, and the process ends', async () => {
    project.write('stuck.ts', slow(600_000));
    const { flags, values } = await topicsWith(kafka, ['a.xy']);
    const started = project.start([...underTsx, 'stuck.ts', ...flags, '--drain-timeout', '100ms']);
    await started.printed('started');
    started.child.kill('SIGTERM');
    const ended = await started.ended;
    expect(ended, ended.stderr).toMatchObject({ code: 0, signal: null });
    expect(values()).toEqual([]);
    expect(ended.stderr).toContain('stopped at the deadline, before all running calls had ended');
  });

  it('ends with 1 when onStop never settles and something keeps the process alive', async () => {
    const code = peakFinder({
      body: 'onStop() { setInterval(() => undefined, 1000); return new Promise(() => undefined); }',
      end: 'await runReproducer(PeakFinder, import.meta);',
    });
    project.write('stuck-hook.ts', code);
    const { flags, values } = await topicsWith(kafka, ['a.xy']);
    const limits = ['--drain-timeout', '100ms', '--limit', '1'];
    const ended = await project.start([...underTsx, 'stuck-hook.ts', ...flags, ...limits]).ended;
    expect(ended, ended.stderr).toMatchObject({ code: 1, signal: null });
    expect(values()).toHaveLength(1);
    expect(ended.stderr).toContain('onStop has not ended within 100ms (--drain-timeout) of the stop');
  });

  it('ends at once with 130 after a second signal', async () => {
    project.writeBoth('killed', slow(600_000));
    const { flags } = await topicsWith(kafka, ['a.xy']);
    const started = project.start(['killed.js', ...flags]);
    await started.printed('started');
    started.child.kill('SIGINT');
    await started.printed('a second signal ends at once');
    started.child.kill('SIGTERM');
    await once(started.child, 'exit');
    expect(await started.ended).toMatchObject({ code: 130, signal: null });
  });

  it('ends although a call that was given up at its time limit holds a timer', async () => {
    project.write('given-up.ts', slow(600_000));
    const { flags, values } = await topicsWith(kafka, ['a.xy']);
    const limits = ['--timeout', '50ms', '--attempts', '1', '--until-idle', '200ms'];
    const ended = await project.start([...underTsx, 'given-up.ts', ...flags, ...limits]).ended;
    expect(ended, ended.stderr).toMatchObject({ code: 3, signal: null });
    expect(values()).toEqual([]);
    expect(ended.stderr).toContain(
      'a call that was given up still runs (a.xy): the process ends without waiting for it',
    );
  });
});

describe.concurrent('a worker that fails', () => {
  it('leaves the other worker of its program alone, and the process ends after both', async () => {
    project.write(
      'two-workers.ts',
      `
import { Processor, Reproducer, runReproducer, type DataFile } from 'kafka-reproducer';

let failed: () => void;
const hasFailed = new Promise<void>(resolve => (failed = resolve));

@Reproducer(undefined, undefined, { onFailure: 'stop', attempts: 1, groupId: 'failing' })
class Failing {
  @Processor() read(): void { throw new Error('no header'); }
}

@Reproducer(undefined, undefined, { groupId: 'working' })
class Working {
  @Processor() async read(file: DataFile) {
    await hasFailed;
    // Longer than a process lives on that fails.
    await new Promise(done => setTimeout(done, 3_000));
    return { path: file.path, height: 50 };
  }
  onStop() { console.log('Working.onStop'); }
}

const working = runReproducer(Working, undefined, { limit: 1 });
const { outcome } = await runReproducer(Failing);
failed!();
console.log('Failing', outcome);
console.log('Working', (await working).outcome);
setInterval(() => undefined, 1_000);
`,
    );
    const { flags, values } = await topicsWith(kafka, ['a.xy']);
    const withoutGroup = flags.slice(0, flags.indexOf('--group-id'));
    const ended = await project.start([...underTsx, 'two-workers.ts', ...withoutGroup]).ended;
    expect(ended, ended.stderr).toMatchObject({ code: 1, signal: null });
    expect(ended.stdout).toBe('Failing failed\nWorking.onStop\nWorking limit\n');
    expect(values()).toEqual([{ path: 'a.xy', height: 50 }]);
  });
});

describe.concurrent('a worker whose process something else ends', () => {
  it.each([
    ['process.exit(0)', 1],
    ['process.exit(7)', 7],
  ])('says which file it worked on after %s, and fails', async (before, code) => {
    const file = `exits-${code}.ts`;
    project.write(file, peakFinder({ before, end: 'await runReproducer(PeakFinder, import.meta);' }));
    const { flags, values } = await topicsWith(kafka, ['a.xy']);
    const ended = await project.start([...underTsx, file, ...flags]).ended;
    expect(ended, ended.stderr).toMatchObject({ code, signal: null });
    expect(values()).toEqual([]);
    expect(ended.stderr).toContain(
      `PeakFinder was ended by ${before} in its code or in a library: it worked on a.xy; what was not committed`,
    );
  });

  it('says so after an error that nothing caught, too', async () => {
    const before =
      "setImmediate(() => { throw new Error('in a callback'); }); await new Promise(() => undefined);";
    project.write('throws.ts', peakFinder({ before, end: 'await runReproducer(PeakFinder, import.meta);' }));
    const { flags } = await topicsWith(kafka, ['a.xy']);
    const ended = await project.start([...underTsx, 'throws.ts', ...flags]).ended;
    expect(ended, ended.stderr).toMatchObject({ code: 1, signal: null });
    expect(ended.stderr).toContain('Error: in a callback');
    expect(ended.stderr).toContain(
      'PeakFinder was ended by an error that nothing caught: it worked on a.xy; what was not committed',
    );
  });
});
