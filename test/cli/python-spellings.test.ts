import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { spellAsHere } from '../../src/cli/python-spellings.js';
import { addUploadFlags } from '../../src/cli/upload-flags.js';

const upload = addUploadFlags(new Command('upload'));
const watch = addUploadFlags(new Command('watch')).option('--settle <duration>').option('--poll [duration]');

function spelled(text: string, command = upload): string {
  return spellAsHere(command, text.split(' ')).argv.join(' ');
}

describe('flags of programs', () => {
  it.each([
    ['a.dat --topic_name raw --chunk_size 16384', 'a.dat --topic raw --chunk-bytes 16384'],
    ['--topic_name=raw --chunk_bytes=1MiB', '--topic=raw --chunk-bytes=1MiB'],
    ['--queue_max_size 500', '--memory-budget 500MB'],
    ['--logger_stream_level=info', '--log-level=info'],
    ['--topic raw --partitions 3', '--topic raw --partitions 3'],
    // A file of that name, and flags that nobody knows, which the command refuses.
    ['--topic raw -- --topic_name', '--topic raw -- --topic_name'],
    ['--no_such_flag 5', '--no_such_flag 5'],
  ])('%s is %s', (given, expected) => {
    expect(spelled(given)).toBe(expected);
  });

  it('are those of one command each', () => {
    expect(spelled('--watchdog_lag_time 3 --use_polling_observer', watch)).toBe('--settle 3s --poll');
    expect(spelled('--watchdog_lag_time 3', upload)).toBe('--watchdog_lag_time 3');
  });

  it('that change nothing are taken with the value they have, and said', () => {
    expect(
      spellAsHere(watch, ['folder', '--n_threads', '4', '--upload_existing', '--update_seconds=3']),
    ).toEqual({
      argv: ['folder'],
      notes: [
        '--n_threads changes nothing here: there are no threads to count',
        '--upload_existing changes nothing here: files that are there already are uploaded anyway',
        '--update_seconds changes nothing here: progress is shown as it comes',
      ],
    });
  });

  it('translate regular expressions of Python, or say what has no counterpart', () => {
    expect(spelled('--upload_regex .*[.]csv')).toBe(String.raw`--match /^(?:[^\n]*[.]csv)/u`);
    expect(() => spelled('--upload_regex (?x)a')).toThrow(/^--upload_regex holds \(\?x\)/);
  });
});
