import { spawnSync } from 'node:child_process';
import { runCommand } from '../run-command.js';
import { runCases, type Case, type MissingSuite, type Suite, type Target } from '../suite.js';

/** kcat, as the system's package brings it. */
export function kcatSuite(): Suite | MissingSuite {
  const version = /Version ([\d.]+)/.exec(spawnSync('kcat', ['-V'], { encoding: 'utf8' }).stdout)?.[1];
  if (version === undefined)
    return { name: 'kcat', missing: 'no kcat on the path (Debian: apt install kcat)' };
  return { name: `kcat ${version}`, run: target => runCases(cases, target) };
}

async function kcat({ broker }: Target, args: readonly string[], input = ''): Promise<string> {
  const { stdout } = await runCommand('kcat', ['-b', broker, ...args], { input, timeoutMs: 30_000 });
  return stdout.replaceAll(broker, 'BROKER').trim();
}

const lines = Array.from({ length: 100 }, (_, index) => `key ${index}:value ${index}`).join('\n');
const text = '%p %o %k %s %h\\n';

const cases: readonly Case[] = [
  { test: 'produces with keys', run: target => kcat(target, ['-P', '-t', 'kcat', '-K', ':'], lines) },
  {
    test: 'produces with a header, compressed',
    run: target => kcat(target, ['-P', '-t', 'kcat', '-p', '0', '-z', 'gzip', '-H', 'a=b'], 'with header'),
  },
  {
    test: 'produces a null value',
    run: target => kcat(target, ['-P', '-t', 'kcat', '-Z', '-K', ':'], 'gone:'),
  },
  {
    test: 'consumes to the end',
    run: target => kcat(target, ['-C', '-t', 'kcat', '-p', '0', '-e', '-q', '-f', text]),
  },
  {
    test: 'consumes the last five',
    run: target => kcat(target, ['-C', '-t', 'kcat', '-p', '0', '-o', '-5', '-e', '-q', '-f', text]),
  },
  {
    test: 'consumes as a member of a group',
    run: async target => {
      const flags = ['-G', 'kcat', '-e', '-q', '-f', '%s\\n', '-X', 'auto.offset.reset=earliest', 'kcat'];
      const lines = (await kcat(target, flags)).split('\n');
      // One has no value, and no place of its own between those of the other partition.
      return `${lines.filter(line => line !== '').length} lines`;
    },
  },
  { test: 'finds an offset by time', run: target => kcat(target, ['-Q', '-t', 'kcat:0:0']) },
  {
    test: 'lists a topic',
    run: async target => (await kcat(target, ['-L', '-t', 'kcat'])).replaceAll(/ \(from.*\)/g, ''),
  },
];
