import { describe, expect, it } from 'vitest';
import { reservedFlags } from '../../src/config/command-line.js';
import { documentOptions } from '../../src/config/document-options.js';
import { workerOptions } from '../../src/config/option-table.js';
import { unservedOptions } from '../../src/config/unserved-options.js';
import { WorkerSettings } from '../../src/config/worker-settings.js';

describe('the table of worker options', () => {
  it('has each name, alias and variable once', () => {
    const all = [...workerOptions, ...unservedOptions];
    const names = all.flatMap(option => [option.name, ...option.aliases.map(alias => alias.name)]);
    expect(names).toEqual([...new Set(names)]);
    const variables = all.flatMap(option => option.env ?? []);
    expect(variables).toEqual([...new Set(variables)]);
  });

  it('sets each property of the settings by exactly one option', () => {
    const properties = workerOptions.flatMap(option => option.property ?? []);
    expect([...properties].sort()).toEqual(Object.keys(new WorkerSettings()).sort());
  });

  it.each(workerOptions.filter(option => option.default !== undefined))(
    'can parse the default of --$name',
    option => {
      const settings = new WorkerSettings();
      expect(() => {
        option.apply(settings, option.default!);
      }).not.toThrow();
    },
  );

  it('reserves every spelling', () => {
    for (const name of [
      'group-id',
      'group_id',
      'consumer_group_id',
      'dead-letter-topic',
      'output_dir',
      'help',
    ]) {
      expect([name, reservedFlags.long.has(name)]).toEqual([name, true]);
    }
    expect([...reservedFlags.short].sort()).toEqual(['V', 'h']);
    expect(reservedFlags.long.has('minimum-height')).toBe(false);
  });

  it('becomes a table for the guide, with a line for each option', () => {
    const text = documentOptions();
    const rows = text.split('\n').filter(line => line.startsWith('| `--'));
    expect(rows).toHaveLength(workerOptions.length);
    expect(rows).toContain(
      '| `--chunk-bytes SIZE` | `512KiB` | size of chunks that fetches are laid out for; larger ones still arrive | `--chunk_bytes` | `REPRODUCER_CHUNK_BYTES` |',
    );
    expect(text).toContain('### Running\n\n| flag |');
  });
});
