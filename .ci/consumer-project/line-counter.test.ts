/* eslint-disable -- its types come from the package that it is copied beside; the check compiles it there */
/** Tests of somebody who installed the package and uses Node's own runner: two brokers at once, and no broker. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IsInt, Min } from 'class-validator';
import { CliOption, Processor, Reproducer, type DataFile } from 'kafka-reproducer';
import {
  processFile,
  runReproducerInTest,
  TestKafka,
  uploadFiles,
  valuesByFile,
} from 'kafka-reproducer/testing';

@Reproducer('texts', 'line-counts')
class LineCounter {
  @CliOption()
  @IsInt()
  @Min(0)
  shortestLine = 1;

  @Processor()
  count(file: DataFile) {
    return file
      .text()
      .split('\n')
      .filter(line => line.length >= this.shortestLine).length;
  }
}

describe('LineCounter', { concurrency: true }, () => {
  for (const repeats of [1, 2]) {
    it(`counts ${repeats} lines on a broker of its own`, async () => {
      const kafka = await TestKafka.start();
      const worker = await runReproducerInTest(LineCounter, { kafka });
      await uploadFiles(
        kafka,
        'texts',
        { 'a.txt': 'one\n'.repeat(repeats) },
        { chunkBytes: 3, order: 'reversed' },
      );
      await worker.untilFile('a.txt');
      assert.deepEqual(valuesByFile(await worker.results()), { 'a.txt': [repeats] });
      await kafka.stop();
    });
  }

  it('takes its options, and refuses what class-validator does', async () => {
    const file = { path: 'a.txt', bytes: 'one\nthree\n' };
    const { messages } = await processFile(LineCounter, file, { argv: ['--shortest-line', '4'] });
    assert.equal(messages[0]?.json, 1);
    await assert.rejects(
      processFile(LineCounter, file, { argv: ['--shortest-line', '-1'] }),
      /--shortest-line must not be less than 0; found "-1"/,
    );
  });
});
