import { createServer, type AddressInfo } from 'node:net';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMarkdown } from '../../docs/markdown-files.js';
import { upload } from '../../kafka-driver/upload.js';
import { command, peakFinder, UserProject } from '../../cli/user-project.js';

let project: UserProject;
beforeAll(() => {
  project = new UserProject();
  project.write('peaks.ts', peakFinder());
});
afterAll(() => project.remove());

/** Resolves with the address when it listens. */
async function startBroker(...flags: string[]) {
  const program = project.start([command, 'broker', '--port', '0', ...flags]);
  await program.printed('Ctrl-C ends it.\n');
  const brokers = /listens on (\S+)\.\n/.exec(program.output.stdout)![1]!;
  return { ...program, brokers };
}

const files = (...paths: string[]) => paths.map(path => ({ path, bytes: Buffer.from('1 2\n3 4\n') }));

/** Produces to a topic that does not exist, and tells how many partitions it has then. */
async function partitionsAfterUse(brokers: string): Promise<number> {
  const { NOTHING } = kafkajs.logLevel;
  const client = new kafkajs.Kafka({ brokers: [brokers], logLevel: NOTHING, retry: { retries: 2 } });
  const [producer, admin] = [client.producer(), client.admin()];
  await Promise.all([producer.connect(), admin.connect()]);
  try {
    await producer.send({ topic: 'new', messages: [{ value: 'x' }] });
    return (await admin.fetchTopicMetadata({ topics: ['new'] })).topics[0]!.partitions.length;
  } finally {
    await Promise.all([producer.disconnect(), admin.disconnect()]);
  }
}

describe.concurrent('reproducer broker', () => {
  it('serves a worker in a process of its own, as its text tells to start it', async () => {
    const broker = await startBroker('--topic', 'files:3', '--topic', 'peaks');
    expect(broker.output.stdout).toContain(
      '\nTopics: files (3 partitions), peaks (1 partition).\nA topic that another client uses for the first time is created with 1 partition.\n',
    );
    await upload(broker.brokers, 'files', files('a.xy', 'b.xy'), { chunkBytes: 3 });
    const worker = await project.reproducer('run', 'peaks.ts', '--brokers', broker.brokers, '--limit', '2');
    expect(worker.code, worker.stderr).toBe(0);
    broker.child.kill('SIGINT');
    expect(await broker.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(broker.output.stdout).toMatch(
      /\nSIGINT: the broker ends, and with it \d+ messages on 4 topics\.\n$/,
    );
  });

  it('names its address in flag, environment and configuration file', async () => {
    const broker = await startBroker('--host', '0.0.0.0', '--advertise', 'localhost');
    const { brokers } = broker;
    expect(brokers).toMatch(/^localhost:\d+$/);
    for (const line of [
      `  --brokers ${brokers}`,
      `  export REPRODUCER_BROKERS=${brokers}`,
      `    bootstrap.servers = ${brokers}`,
      'Whoever reaches 0.0.0.0 can read and write everything on it.',
    ]) {
      expect(broker.output.stdout.split('\n')).toContain(line);
    }
    const configuration = /^ {4}\[broker\]\n.*$/m.exec(broker.output.stdout)![0].replace(/^ +/gm, '');
    project.write('lab.config', `${configuration}\n`);
    const check = await project.reproducer('run', 'peaks.ts', '--config', 'lab.config', '--check');
    expect(check.stdout, check.stderr).toMatch(/^ok +brokers +cluster \S+, 1 broker: /m);
    broker.child.kill('SIGTERM');
    expect(await broker.ended).toMatchObject({ code: 0, signal: null });
  });

  it('creates a topic that is used, with the partitions that --partitions says, or not at all', async () => {
    const open = await startBroker('--partitions', '5');
    const closed = await startBroker('--no-auto-create');
    expect(open.output.stdout).toContain('\nIt has no topics. Name those of your class with --topic');
    expect(closed.output.stdout).toContain('\nNo topic is created by being used.\n');
    expect(await partitionsAfterUse(open.brokers)).toBe(5);
    await expect(partitionsAfterUse(closed.brokers)).rejects.toThrow(/does not host this topic-partition/);
    for (const { child, ended } of [open, closed]) {
      child.kill('SIGTERM');
      await ended;
    }
  });

  it('ends with 2 and says what to do when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await project.reproducer('broker', '--port', String(port))).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `--port ${port}: another program listens on 127.0.0.1:${port}; stop it, or choose another port: 0 takes any free one\n`,
    });
    await new Promise(resolve => other.close(resolve));
  });

  it('ends with 2 and all mistakes at once', async () => {
    const flags = [
      '--port',
      '70000',
      '--partitions',
      'many',
      '--topic',
      'a:0',
      '--topic',
      'b:',
      '--topic',
      'c d',
    ];
    expect(await project.reproducer('broker', ...flags)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: [
        '  - --port: expected a whole number from 0 to 65535, found "70000"',
        '  - --partitions: expected a whole number from 1 to 10000, found "many"',
        '  - --topic a:0: expected a whole number from 1 to 10000, found "0"',
        '  - --topic b:: expected a whole number from 1 to 10000, found ""',
        '  - --topic c d: "c d" must be a topic name: up to 249 letters, digits, dots, underscores and hyphens\n',
      ].join('\n'),
    });
    expect(await project.reproducer('broker', '--port', '0', '--topic', 'x', '--topic', 'x')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: "--topic x: cannot create topic: Topic 'x' already exists.\n",
    });
  });

  it('ends with 2 when the address is none of this machine', async () => {
    const { code, stderr } = await project.reproducer('broker', '--host', '192.0.2.1', '--port', '0');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^--host 192\.0\.2\.1: this machine has no such address \(EADDRNOTAVAIL\); 127\.0\.0\.1 is/,
    );
  });

  it('has its help on docs/broker.md', async () => {
    const { stdout } = await project.reproducer('broker', '--help');
    expect(readMarkdown('docs/broker.md')).toContain(`\`\`\`text\n${stdout}\`\`\`\n`);
  });
});
