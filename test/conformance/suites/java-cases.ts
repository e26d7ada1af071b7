import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandOptions, type CommandOutput } from '../run-command.js';
import { type Case, type Target } from '../suite.js';
import { javaAdminCases } from './java-admin-cases.js';

/** Runs a Java program; exit code 1 is no failure, as it is how tools say no. */
export type RunTool = (
  mainClass: string,
  args: readonly string[],
  options?: CommandOptions,
) => Promise<CommandOutput>;

const tools = 'org.apache.kafka.tools';
const recordCount = 2_000;
/** Cases in an order in which later ones find what earlier ones left. */
export function javaCases(tool: RunTool): Case[] {
  /** A case whose output is compared as it is, line by line, without what differs from run to run. */
  const printed = (test: string, mainClass: string, args: (target: Target) => readonly string[]): Case => ({
    test,
    run: async target => {
      const { stdout, stderr, exitCode } = await tool(mainClass, [...server(target), ...args(target)]);
      return `${exitCode} ${lasting(stdout + stderr, target)}`;
    },
  });
  const topics = (test: string, ...args: string[]): Case =>
    printed(`kafka-topics: ${test}`, `${tools}.TopicCommand`, () => args);
  const groups = (test: string, ...args: string[]): Case =>
    printed(`kafka-consumer-groups: ${test}`, `${tools}.consumer.group.ConsumerGroupCommand`, () => args);
  const configs = (test: string, ...args: string[]): Case =>
    printed(`kafka-configs: ${test}`, 'kafka.admin.ConfigCommand', () => args);
  const offsets = (test: string, ...args: string[]): Case =>
    printed(`kafka-get-offsets: ${test}`, `${tools}.GetOffsetShell`, () => ['--topic', 'jv', ...args]);
  return [
    topics('creates', '--create', '--topic', 'jv', '--partitions', '1'),
    topics('refuses a topic that exists', '--create', '--topic', 'jv', '--partitions', '1'),
    topics('refuses three replicas', '--create', '--topic', 'three', '--replication-factor', '3'),
    topics('refuses an unknown setting', '--create', '--topic', 'odd', '--config', 'nonsense=1'),
    topics('creates with a setting', '--create', '--topic', 'set', '--config', 'retention.ms=5000'),
    topics('describes', '--describe', '--topic', 'jv'),
    topics('describes one with a setting', '--describe', '--topic', 'set'),
    topics('lists', '--list', '--exclude-internal'),
    topics('adds partitions', '--alter', '--topic', 'set', '--partitions', '4'),
    topics('refuses fewer partitions', '--alter', '--topic', 'set', '--partitions', '2'),
    topics('finds nothing unavailable', '--describe', '--unavailable-partitions'),
    topics('finds nothing under-replicated', '--describe', '--under-replicated-partitions'),
    topics('does not describe one that is absent', '--describe', '--topic', 'absent'),
    ...verifiable(tool),
    ...performance(tool),
    ...consoles(tool),
    offsets('latest', '--time', 'latest'),
    offsets('earliest', '--time', 'earliest'),
    // Which one of many with the same time is a matter of how they were batched.
    seenAs(offsets('largest time', '--time', 'max-timestamp'), [/\d{4}$/, 'OFFSET']),
    offsets('at a time', '--time', '1000'),
    {
      test: 'kafka-delete-records',
      run: async target => {
        const file = join(target.folder, 'delete.json');
        const partitions = [{ topic: 'jv', partition: 0, offset: 3 }];
        writeFileSync(file, JSON.stringify({ version: 1, partitions }));
        const args = [...server(target), '--offset-json-file', file];
        const { stdout } = await tool(`${tools}.DeleteRecordsCommand`, args, { exitCodes: [0] });
        return lasting(stdout, target);
      },
    },
    offsets('earliest, after records were deleted', '--time', 'earliest'),
    groups('lists', '--list'),
    groups('lists with states', '--list', '--state'),
    groups('describes offsets', '--describe', '--group', 'jg'),
    groups('describes the state', '--describe', '--state', '--group', 'jg'),
    groups('describes members', '--describe', '--members', '--group', 'jg'),
    groups('does not describe one that is absent', '--describe', '--group', 'absent'),
    groups('resets offsets', ...reset('--to-offset', '2')),
    groups('resets offsets by a shift', ...reset('--shift-by', '-1')),
    groups('resets offsets to a time', ...reset('--to-datetime', '2000-01-01T00:00:00.000')),
    groups('deletes offsets', '--delete-offsets', '--group', 'jg', '--topic', 'jv:0'),
    groups('describes what is left', '--describe', '--group', 'jg'),
    groups('deletes', '--delete', '--group', 'jg'),
    groups('does not delete one that is absent', '--delete', '--group', 'jg'),
    configs('describes what is set', '--describe', ...topic('set')),
    configs('describes all', '--describe', '--all', ...topic('jv')),
    configs('sets', '--alter', ...topic('jv'), '--add-config', 'cleanup.policy=compact'),
    configs('sets again', '--alter', ...topic('jv'), '--add-config', 'retention.bytes=9,segment.ms=7000'),
    configs('removes', '--alter', ...topic('jv'), '--delete-config', 'retention.bytes'),
    configs('refuses a bad value', '--alter', ...topic('jv'), '--add-config', 'retention.ms=soon'),
    configs('describes what was changed', '--describe', ...topic('jv')),
    clusterId(tool),
    printed('kafka-log-dirs: sizes', `${tools}.LogDirsCommand`, () => ['--describe', '--topic-list', 'jv']),
    ...javaAdminCases(printed),
    topics('deletes', '--delete', '--topic', 'jv'),
    topics('does not delete one that is absent', '--delete', '--topic', 'jv'),
    // Last: its group is there only where it passes.
    newerGroups(tool),
  ];
}

/** The same case, without a part of what it sees. */
function seenAs({ test, run }: Case, [pattern, text]: readonly [RegExp, string]): Case {
  return { test, run: async target => (await run(target)).replace(pattern, text) };
}

function server({ broker }: Target): string[] {
  return ['--bootstrap-server', broker];
}

function topic(name: string): string[] {
  return ['--entity-type', 'topics', '--entity-name', name];
}

function reset(...to: string[]): string[] {
  return ['--reset-offsets', '--execute', '--group', 'jg', '--topic', 'jv', ...to];
}

function clusterId(tool: RunTool): Case {
  return {
    test: 'kafka-cluster: id',
    run: async target => {
      const { stdout } = await tool(`${tools}.ClusterTool`, ['cluster-id', ...server(target)], {
        exitCodes: [0],
      });
      return stdout.replace(/[\w-]{22}/, 'ID').trim();
    },
  };
}

function verifiable(tool: RunTool): Case[] {
  const counted = (output: string, event: string): number =>
    output.split('\n').filter(line => line.includes(`"name":"${event}"`)).length;
  const produce = (test: string, ...args: string[]): Case => ({
    test: `VerifiableProducer: ${test}`,
    run: async target => {
      const flags = ['--topic', 'jv', '--max-messages', String(recordCount), ...args];
      const { stdout } = await tool(`${tools}.VerifiableProducer`, [...server(target), ...flags], {
        exitCodes: [0],
      });
      return `${counted(stdout, 'producer_send_success')} sent, ${counted(stdout, 'producer_send_error')} failed`;
    },
  });
  const consume = (test: string, group: string, ...args: string[]): Case =>
    consumer(tool, test, ['--topic', 'jv', '--group-id', group, '--group-protocol', 'classic', ...args]);
  const cooperative = 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor';
  return [
    produce('acks all'),
    produce('acks 1', '--acks', '1'),
    produce('acks 0', '--acks', '0'),
    consume('range assignor', 'jg'),
    consume('cooperative assignor', 'jg-cooperative', '--assignment-strategy', cooperative),
    consume('static member', 'jg-static', '--group-instance-id', 'one'),
    consume('auto commit', 'jg-auto', '--enable-autocommit'),
  ];
}

function newerGroups(tool: RunTool): Case {
  const flags = ['--topic', 'perf', '--group-id', 'jg-newer', '--group-protocol', 'consumer'];
  return consumer(tool, 'the newer group protocol', flags);
}

function consumer(tool: RunTool, test: string, args: readonly string[]): Case {
  return {
    test: `VerifiableConsumer: ${test}`,
    run: async target => {
      const settings = ['--max-messages', String(recordCount), '--reset-policy', 'earliest'];
      const command = [...server(target), ...args, ...settings];
      const { stdout } = await tool(`${tools}.VerifiableConsumer`, command, { exitCodes: [0] });
      const events = stdout
        .split('\n')
        .filter(line => line.startsWith('{'))
        .map(line => JSON.parse(line) as { name: string; count?: number; success?: boolean });
      const total = events
        .filter(({ name }) => name === 'records_consumed')
        .reduce((sum, { count = 0 }) => sum + count, 0);
      const commits = events.filter(({ name }) => name === 'offsets_committed');
      const names = new Set(events.map(({ name }) => name));
      if (total < recordCount) throw new Error(`${total} read: ${lastError(stdout)}`);
      return `${total} read, ${commits.filter(({ success }) => success !== true).length} commits failed, ${[...names].sort().join(' ')}`;
    },
  };
}

/** The last exception that a program has printed, without its class. */
function lastError(output: string): string {
  const lines = output.split('\n').filter(line => /^[\w.]+(Exception|Error): /.test(line));
  return lines.at(-1)?.replace(/^[^ ]+ /, '') ?? 'no error was printed';
}

function performance(tool: RunTool): Case[] {
  const produce = (test: string, size: number, count: number, ...properties: string[]): Case => ({
    test: `ProducerPerformance: ${test}`,
    run: async target => {
      const what = ['--topic', 'perf', '--num-records', String(count), '--record-size', String(size)];
      const how = [
        '--throughput',
        '-1',
        '--producer-props',
        `bootstrap.servers=${target.broker}`,
        ...properties,
      ];
      const { stdout } = await tool(`${tools}.ProducerPerformance`, [...what, ...how], { exitCodes: [0] });
      return /\d+ records sent/.exec(stdout.trim().split('\n').at(-1) ?? '')?.[0] ?? stdout.slice(-300);
    },
  });
  return [
    produce('small records', 100, 20_000),
    produce('records of 512 KiB', 524_288, 100, 'max.request.size=2000000', 'batch.size=1'),
    ...['gzip', 'snappy', 'lz4', 'zstd'].map(name => produce(name, 1_000, 2_000, `compression.type=${name}`)),
    {
      test: 'ProducerPerformance: in transactions',
      run: async target => {
        const what = [
          '--topic',
          'perf',
          '--num-records',
          '2000',
          '--record-size',
          '100',
          '--throughput',
          '2000',
        ];
        const how = ['--producer-props', `bootstrap.servers=${target.broker}`];
        const transactions = ['--transactional-id', 'perf', '--transaction-duration-ms', '200'];
        const command = [...what, ...how, ...transactions];
        const { stdout } = await tool(`${tools}.ProducerPerformance`, command, { exitCodes: [0] });
        return /\d+ records sent/.exec(stdout.trim().split('\n').at(-1) ?? '')?.[0] ?? stdout.slice(-300);
      },
    },
    {
      test: 'ConsumerPerformance',
      run: async target => {
        const flags = ['--topic', 'perf', '--messages', '28000', '--group', 'perf', '--timeout', '20000'];
        const { stdout } = await tool(`${tools}.ConsumerPerformance`, [...server(target), ...flags], {
          exitCodes: [0],
        });
        const read = Number(stdout.trim().split('\n').at(-1)?.split(', ')[4]);
        return read >= 28_000 ? 'at least 28000 read' : `${read} read`;
      },
    },
    {
      test: 'EndToEndLatency',
      run: async target => {
        const args = [target.broker, 'latency', '100', 'all', '100'];
        const { stdout } = await tool(`${tools}.EndToEndLatency`, args, { exitCodes: [0] });
        return String(stdout.includes('Percentiles'));
      },
    },
  ];
}

function consoles(tool: RunTool): Case[] {
  return [
    {
      test: 'kafka-console-producer: keys and headers',
      run: async target => {
        const properties = ['--property', 'parse.key=true', '--property', 'parse.headers=true'];
        const { stderr } = await tool(
          `${tools}.ConsoleProducer`,
          [...server(target), '--topic', 'console', ...properties],
          { input: 'h1:v1,h2:v2\tkey\tvalue\nh:v\tk\tv\n', exitCodes: [0] },
        );
        return stderr.includes('ERROR') ? stderr.slice(0, 300) : 'sent';
      },
    },
    {
      test: 'kafka-console-consumer: keys, headers, offsets',
      run: async target => {
        const names = ['key', 'headers', 'partition', 'offset'];
        const properties = names.flatMap(name => ['--property', `print.${name}=true`]);
        const flags = ['--topic', 'console', '--from-beginning', '--max-messages', '2', ...properties];
        const { stdout } = await tool(`${tools}.consumer.ConsoleConsumer`, [...server(target), ...flags], {
          exitCodes: [0],
        });
        return stdout.trim().split('\n').sort().join(' / ');
      },
    },
  ];
}

/** Lines of output, sorted, without times, ports and generated ids. */
function lasting(output: string, { broker }: Target): string {
  return (
    output
      .replaceAll(broker, 'BROKER')
      .replaceAll(/\b(console-consumer|test-group)-\d+/g, '$1-N')
      .replaceAll(/127\.0\.0\.1\s+\d+/g, '127.0.0.1 PORT')
      .replaceAll(/TopicId: [\w-]{22}/g, 'TopicId: ID')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, 'UUID')
      .replaceAll(/"(size|logDir|totalBytes|usableBytes)":("[^"]*"|-?\d+)/g, '"$1":_')
      .split('\n')
      .map(line => line.trim().replaceAll(/\s+/g, ' '))
      // Stack traces, and what log4j prints with a time; what it says is told without it too.
      .filter(line => line !== '' && !line.startsWith('at ') && !/^\d{4}-\d\d-\d\dT/.test(line))
      .sort()
      .join(' / ')
      .slice(0, 6_000)
  );
}
