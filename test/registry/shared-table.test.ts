import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SharedTable } from '../../src/registry/shared-table.js';

let folder: string;
let table: SharedTable;
const text = (): string => readFileSync(table.path, 'utf8');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shared-table-'));
  table = new SharedTable(join(folder, 'files.csv'), ['name', 'path', 'size']);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a table that several processes write', () => {
  it('is made with its head alone, and keeps the rows that nobody speaks of', async () => {
    await table.merge(new Map());
    expect(text()).toBe('name;path;size');
    await table.merge(
      new Map([
        ["'a'", "'a';'a';1"],
        ["'b'", "'b';'b';1"],
        ["'gone'", undefined],
      ]),
    );
    await table.merge(
      new Map([
        ["'a'", undefined],
        ["'b'", "'b';'b';2"],
        ["'c'", "'c';'c';1"],
      ]),
    );
    expect(text()).toBe("name;path;size\n'b';'b';2\n'c';'c';1");
    expect(readdirSync(folder)).toEqual(['files.csv']);
  });

  it('has a path once after a merge, however often rows were added for it', async () => {
    await table.merge(new Map([["'a'", "'a';'a';1"]]));
    await table.append(["'a';'a';2", "'b';'b';1"]);
    await table.append(["'a';'a';3"]);
    expect(text()).toBe("name;path;size\n'a';'a';1\n'a';'a';2\n'b';'b';1\n'a';'a';3");
    await table.merge(new Map([["'a'", "'a';'a';4"]]));
    expect(text()).toBe("name;path;size\n'a';'a';4\n'b';'b';1");
  });

  it('loses a line that a crash or an editor damaged, and no other', async () => {
    writeFileSync(table.path, "name;path;size\n'a';'a';1\n\n'b';'\n'c';'c';1\n");
    await table.append(["'d';'d';1"]);
    await table.merge(new Map([["'e'", "'e';'e';1"]]));
    expect(text()).toBe("name;path;size\n'a';'a';1\n'c';'c';1\n'd';'d';1\n'e';'e';1");
  });

  it.each(['', '\0\0\0'])('takes what a power failure has left of it for none: %j', async left => {
    writeFileSync(table.path, left);
    await table.merge(new Map([["'a'", "'a';'a';1"]]));
    expect(text()).toBe("name;path;size\n'a';'a';1");
  });

  it('is not written in place of another file', async () => {
    writeFileSync(table.path, 'path;size\nmeasured;12');
    await expect(table.merge(new Map([["'a'", "'a';'a';1"]]))).rejects.toThrow(
      `${table.path} is another file than a table with the columns name;path;size: it begins with "path;size". Move it away`,
    );
    expect(text()).toBe('path;size\nmeasured;12');
    expect(readdirSync(folder)).toEqual(['files.csv']);
  });

  it('keeps long tables whole', async () => {
    const lines = Array.from({ length: 8_000 }, (_, at) => `'${at}';'${at}';1`);
    await table.merge(new Map(lines.map((line, at) => [`'${at}'`, line])));
    await table.append(lines.slice(0, 4_000).map(line => `${line}0`));
    await table.merge(new Map([["'7'", undefined]]));
    expect(text()).toBe(
      ['name;path;size', ...lines, ...lines.slice(0, 4_000).map(line => `${line}0`)]
        .filter(line => !line.startsWith("'7';"))
        .join('\n'),
    );
  });

  it('is rid of what died beside it, and of nothing else', async () => {
    const others = ['files.csv.0123abcd.tmp.csv', 'files.csv.tmp', 'files.csv2.0123abcd.tmp'];
    for (const name of ['files.csv.0123abcd.tmp', ...others]) writeFileSync(join(folder, name), 'x');
    await table.removeLeftBehind();
    expect(readdirSync(folder).sort()).toEqual(others.sort());
  });
});
