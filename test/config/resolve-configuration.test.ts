import { describe, expect, it } from 'vitest';
import { definitionOf, problemsOf, resolve } from './resolve.js';

const brokers = ['--brokers', 'a:1'];

describe('a configuration', () => {
  it('keeps outcomes on the topic that is named, otherwise on one of the group, if it keeps its name', () => {
    const stateTopicOf = (...argv: string[]) => {
      const { stateTopic, requiresStateTopic = false } = resolve({ argv: [...brokers, ...argv] }).options;
      return [stateTopic, requiresStateTopic];
    };
    expect(stateTopicOf('--state-topic', 'peaks.files')).toEqual(['peaks.files', true]);
    expect(stateTopicOf('--state-topic', 'none')).toEqual([undefined, false]);
    expect(stateTopicOf()).toEqual(['PeakFinder.files', false]);
    expect(stateTopicOf('--group-id', 'peaks')).toEqual(['peaks.files', false]);
    expect(stateTopicOf('--group-id', 'create_new')).toEqual([undefined, false]);
  });

  it('keeps no outcomes for a group whose name cannot be part of a topic name, and says so', () => {
    const { options, warnings } = resolve({ argv: [...brokers, '--group-id', 'my peaks'] });
    expect(options.stateTopic).toBeUndefined();
    expect(warnings).toEqual([
      '--state-topic is none, as no topic can be named my peaks.files: give a name, or another --group-id',
    ]);
  });

  it('names the topic for dead letters after that of the results, or as it is told', () => {
    const topicOf = (...argv: string[]) => {
      const { deadLetterTopic, requiresDeadLetterTopic = false } = resolve({
        argv: [...brokers, ...argv],
      }).options;
      return [deadLetterTopic, requiresDeadLetterTopic];
    };
    expect(topicOf()).toEqual(['peak-tables.dead-letters', false]);
    expect(topicOf('--dead-letter-topic', 'given-up')).toEqual(['given-up', true]);
    expect(topicOf('--dead-letter-topic', 'none')).toEqual([undefined, false]);
    expect(() => topicOf('--dead-letter-topic', 'none', '--retry-failed')).toThrow(
      '--retry-failed needs the dead letters, and --dead-letter-topic is none: leave one of them out',
    );
    expect(() => topicOf('--dead-letter-topic', 'peak-tables')).toThrow(
      '--dead-letter-topic must be a topic of its own, not the one for chunks, results or outcomes (peak-tables)',
    );
  });

  it('has a default for everything but brokers and topics', () => {
    expect(resolve({ argv: brokers }).options).toEqual({
      connection: {
        clientId: 'PeakFinder',
        brokers: ['a:1'],
        connectionTimeoutMs: 10_000,
        requestTimeoutMs: 30_000,
      },
      consumeTopic: 'instrument-files',
      produceTopic: 'peak-tables',
      groupId: 'PeakFinder',
      stateTopic: 'PeakFinder.files',
      tablesFolder: '/lab/PeakFinder_output',
      deadLetterTopic: 'peak-tables.dead-letters',
      startFrom: 'earliest',
      sessionTimeoutMs: 10_000,
      heartbeatIntervalMs: 1000,
      incompleteAfterMs: 86_400_000,
      crashLimit: 3,
      retryFailed: false,
      reprocessIdentical: false,
      rebalanceTimeoutMs: 60_000,
      metadataMaxAgeMs: 60_000,
      chunkBytes: 524_288,
      maxBytesPerPartition: 4 * (524_288 + 1024),
      maxBytes: 8_388_608,
      maxWaitMs: 250,
      concurrency: 1,
      attempts: 3,
      backoffMs: 1000,
      isolation: 'none',
      onFailure: 'dead-letter',
      delivery: 'at-least-once',
      placement: 'scattered',
      mode: 'memory',
      outputDir: '/lab/PeakFinder_output',
      memoryBudgetBytes: 268_435_456,
      limits: {
        maxFileBytes: 256 * 2 ** 30,
        maxChunkCount: 1_000_000,
        maxChunkBytes: 128 * 2 ** 20,
        maxOpenFiles: 100_000,
        maxPathBytes: 4096,
      },
      drainTimeoutMs: 30_000,
      compression: 'none',
      logLevel: 'info',
      logFileLevel: 'warn',
    });
  });

  it('can be sent to another thread', () => {
    const { options } = resolve({ argv: [...brokers, '--match', '*.csv'] });
    expect(structuredClone(options)).toEqual(options);
  });

  it('has no produce topic for a class without results', () => {
    const definition = definitionOf({ kind: 'file-processor' });
    const resolved = resolve({ definition, argv: [...brokers, '--producer_topic_name', 'x'] });
    expect(resolved.options).not.toHaveProperty('produceTopic');
    expect(resolved.warnings).toEqual(['--producer_topic_name has no effect: the class produces no results']);
  });

  it('prefers the file to the class, the environment to the file, flags to the environment, the program to all', () => {
    const definition = definitionOf({
      options: { attempts: 2, concurrency: 2, drainTimeout: '2s', memoryBudget: 2, backoff: '2s' },
    });
    const resolved = resolve({
      definition,
      argv: [...brokers, '--config', 'x.yaml', '--memory-budget=5', '--backoff', '5'],
      files: { '/lab/x.yaml': 'concurrency: 3\ndrain-timeout: 3\nmemory_budget: 3\nbackoff: 3\n' },
      env: { REPRODUCER_DRAIN_TIMEOUT: '4', REPRODUCER_MEMORY_BUDGET: '4', REPRODUCER_BACKOFF: '4' },
      overrides: { backoff: 6000 },
    });
    expect(resolved.options).toMatchObject({
      attempts: 2,
      concurrency: 3,
      drainTimeoutMs: 4000,
      memoryBudgetBytes: 5,
      backoffMs: 6000,
    });
    const origins = Object.fromEntries(resolved.sources.map(({ name, origin }) => [name, origin]));
    expect(origins).toMatchObject({
      limit: 'default',
      attempts: 'class PeakFinder',
      concurrency: 'file x.yaml:1',
      'drain-timeout': 'environment REPRODUCER_DRAIN_TIMEOUT',
      'memory-budget': 'flag --memory-budget',
      backoff: 'program',
    });
  });

  it('takes what @Processor and @Reproducer set, the latter over the former', () => {
    const definition = definitionOf({
      options: { concurrency: 8, timeout: 90_000 },
      processor: {
        method: 'findPeaks',
        declaredBy: 'Base',
        options: { concurrency: 2, attempts: 7, backoffMs: 250, timeoutMs: 1000, match: /\.csv$/gi },
      },
    });
    expect(resolve({ definition, argv: brokers }).options).toMatchObject({
      concurrency: 8,
      attempts: 7,
      backoffMs: 250,
      timeoutMs: 90_000,
      match: /\.csv$/i,
    });
  });

  it('finds its file by environment, with .config for a name without dot, in the folder of OpenMSIStream', () => {
    const resolved = resolve({
      env: { REPRODUCER_CONFIG: 'prod', OPENMSISTREAM_CONFIG_FILE_DIR: '/etc/lab' },
      files: { '/etc/lab/prod.config': '[broker]\nbootstrap.servers = k:1\n' },
    });
    expect(resolved.options.connection.brokers).toEqual(['k:1']);
  });

  it.each([
    ['lab.json', '{"broker": {"bootstrap.servers": "a:1"}, "limit": 3}'],
    ['lab.toml', 'limit = 3\n[broker]\nbootstrap.servers = "a:1"\n'],
    ['lab.yml', 'limit: 3\nbroker:\n  bootstrap.servers: a:1\n'],
    ['lab.cfg', '[broker]\nbootstrap.servers = a:1\n[reproducer]\nlimit = 3\n'],
  ])('may be written as %s', (name, content) => {
    const { options } = resolve({ argv: ['--config', name], files: { [`/lab/${name}`]: content } });
    expect(options).toMatchObject({ limit: 3, connection: { brokers: ['a:1'] } });
  });

  it('reads the flags of OpenMSIStream', () => {
    const resolved = resolve({
      definition: definitionOf({ consumeTopic: 'x', produceTopic: 'y' }),
      argv: [
        ...brokers,
        ...['--consumer_topic_name', 'in', '--producer_topic_name', 'out', '--consumer_group_id', 'g'],
        ...['--download_regex', 'data/.*\\.csv', '--logger_stream_level', 'WARNING', '--mode', 'memory'],
        ...['--n_consumer_threads', '4', '--output_dir', 'out', '--heartbeat_topic_name', 'beats'],
        ...[
          '--heartbeat_interval_secs',
          '0.5',
          '--heartbeat_program_id',
          'lab-1',
          '--log_topic_name',
          'logs',
        ],
        ...['--log_interval_secs', '30', '--log_program_id', 'lab-2'],
      ],
    });
    expect(resolved.options).toMatchObject({
      consumeTopic: 'in',
      produceTopic: 'out',
      groupId: 'g',
      match: /^(?:data\/[^\n]*\.csv)/u,
      outputDir: '/lab/out',
      logLevel: 'warn',
      heartbeats: { topic: 'beats', intervalMs: 500, programId: 'lab-1' },
      logMessages: { topic: 'logs', intervalMs: 30_000, programId: 'lab-2' },
    });
    expect(resolved.warnings).toEqual([
      '--n_consumer_threads has no effect: one thread reads all partitions',
    ]);
  });

  it('sends nothing about itself to a topic with data', () => {
    expect(
      problemsOf({
        argv: [
          ...brokers,
          '--consume-topic',
          'raw',
          '--heartbeat-topic',
          'raw',
          '--log-topic',
          'PeakFinder.files',
        ],
      }),
    ).toEqual([
      '--heartbeat-topic must be a topic of its own, not the one for chunks, results or states (raw)',
      '--log-topic must be a topic of its own, not the one for chunks, results or states (PeakFinder.files)',
    ]);
  });

  it('takes --topic_name for the consumed topic only where no better name is given', () => {
    const topicOf = (...argv: string[]): string =>
      resolve({ argv: [...brokers, ...argv] }).options.consumeTopic;
    expect(topicOf('--topic_name', 'a')).toBe('a');
    expect(topicOf('--consume-topic', 'b', '--topic_name', 'a')).toBe('b');
  });

  it('makes a new group for create_new, and says that nothing is resumed', () => {
    const resolved = resolve({
      argv: [...brokers, '--consumer_group_id', 'create_new'],
      randomId: () => 'made-up',
    });
    expect(resolved.options.groupId).toBe('made-up');
    expect(resolved.sources).toContainEqual({
      name: 'group-id',
      value: 'made-up',
      origin: 'flag --consumer_group_id',
      secret: false,
    });
    expect(resolved.warnings).toEqual([
      '--consumer_group_id create_new makes a new group at each start, so nothing is resumed; give a fixed name, or none',
    ]);
  });

  it.each([
    [['--until-idle'], 5000],
    [['--until-idle', '300ms'], 300],
    [['--until-idle=2'], 2000],
  ])('%j waits %d milliseconds', (argv, ms) => {
    expect(resolve({ argv: [...brokers, ...argv] }).options.untilIdleMs).toBe(ms);
  });

  it.each([
    ['x.yaml', 'until-idle: true\nmetrics: true\n'],
    ['x.json', '{ "until-idle": true, "metrics": true }'],
    ['x.toml', 'until-idle = true\nmetrics = true\n'],
    ['x.ini', '[reproducer]\nuntil-idle = true\nmetrics = true\n'],
  ])('in %s, true stands for an option without its value', (name, content) => {
    const files = { [`/lab/${name}`]: content };
    const { options } = resolve({ argv: [...brokers, '--config', name], files });
    expect(options).toMatchObject({ untilIdleMs: 5000, metrics: { port: 9464 } });
  });

  it('in the environment, true stands for an option without its value', () => {
    expect(resolve({ argv: brokers, env: { REPRODUCER_UNTIL_IDLE: 'true' } }).options.untilIdleMs).toBe(5000);
  });

  it.each([
    [[], 'run'],
    [['--check'], 'check'],
    [['--check', '--print-config'], 'print-config'],
  ])('with %j asks to %s', (argv, action) => {
    expect(resolve({ argv: [...brokers, ...argv] }).action).toBe(action);
  });

  it('makes the heartbeat fit a short session', () => {
    expect(resolve({ argv: [...brokers, '--session-timeout', '600ms'] }).options.heartbeatIntervalMs).toBe(
      200,
    );
  });

  it('makes the whole fetch as large as that of one partition', () => {
    const { options } = resolve({ argv: [...brokers, '--chunk-bytes', '4MiB'] });
    expect(options.maxBytes).toBe(options.maxBytesPerPartition);
  });

  it('fetches less at a time where the memory budget is small, but a chunk in any case', () => {
    const chunk = 524_288 + 1024;
    const fetched = (budget: string): number[] => {
      const { options } = resolve({ argv: [...brokers, '--memory-budget', budget] });
      return [options.maxBytesPerPartition, options.maxBytes];
    };
    expect(fetched('64MiB')).toEqual([4 * chunk, 8 * 2 ** 20]);
    expect(fetched('8MiB')).toEqual([2 ** 20, 2 ** 20]);
    expect(fetched('1MiB')).toEqual([chunk, chunk]);
  });

  it('counts an empty variable as not set, and warns of a mistyped one', () => {
    const resolved = resolve({
      argv: brokers,
      env: { REPRODUCER_LIMIT: '', REPRODUCER_TIMEOT: '5', REPRODUCER_SOMETHING_ELSE: '1' },
    });
    expect(resolved.options).not.toHaveProperty('limit');
    expect(resolved.warnings).toEqual([
      'environment variable REPRODUCER_TIMEOT is not read; did you mean REPRODUCER_TIMEOUT?',
    ]);
  });
});

describe('a configuration that cannot work', () => {
  it('is one error with all mistakes', () => {
    const definition = definitionOf({ consumeTopic: undefined as never, options: { backoff: 'soon' } });
    const situation = {
      definition,
      argv: [
        '--wat',
        '--concurency=3',
        '--memory_bugdet=1',
        '--drain-timout=1',
        'stray',
        '--limit',
        '--check=no',
        '--attempts',
        '0',
        '--timeout',
        '-1s',
      ],
      env: { REPRODUCER_CHUNK_BYTES: '64K', REPRODUCER_BROKER: 'a:1' },
    };
    expect(() => resolve(situation)).toThrow('PeakFinder cannot start:\n  - unknown option --wat\n');
    expect(problemsOf(situation)).toEqual([
      'unknown option --wat',
      'unknown option --concurency; did you mean --concurrency?',
      'unknown option --memory_bugdet; did you mean --memory_budget?',
      'unknown option --drain-timout; did you mean --drain-timeout?',
      '--check takes no value; found "no"',
      'unknown option -1s',
      'unexpected argument "stray"',
      '--timeout needs a value: --timeout=DURATION',
      '--limit needs a value: --limit=N',
      '--backoff (class PeakFinder) must be a duration such as 500ms, 30s, 10m or 24h (a plain number is seconds); found "soon"',
      '--chunk-bytes (environment REPRODUCER_CHUNK_BYTES) must be a size such as 512KiB, 256MiB or 2GB (a plain number is bytes); found "64K"',
      '--attempts must be 1 or more; found "0"',
      '--brokers is missing: give --brokers HOST:PORT, set REPRODUCER_BROKERS, or write bootstrap.servers into [broker] of a --config file',
      "--consume-topic is missing: give --consume-topic TOPIC, or name it in @Reproducer('TOPIC', …)",
      'environment variable REPRODUCER_BROKER is not read; did you mean REPRODUCER_BROKERS?',
    ]);
  });

  it.each([
    [['--concurrency', '1.5'], '--concurrency must be a whole number; found "1.5"'],
    [['--delivery', 'twice'], '--delivery must be one of at-least-once, exactly-once; found "twice"'],
    [['--mode', 'tape'], '--mode must be one of memory, disk, both; found "tape"'],
    [['--output-dir', ''], '--output-dir must not be empty; found ""'],
    [
      ['--max-path-length', '5000'],
      '--max-path-length must be at most 4096: file systems take no longer paths; found "5000"',
    ],
    [['--placement', 'spread'], '--placement must be one of scattered, by-file; found "spread"'],
    [
      ['--consume-topic', 'a b'],
      '--consume-topic must be a topic name: up to 249 letters, digits, dots, underscores and hyphens; found "a b"',
    ],
    [['--group-id', ''], '--group-id must not be empty; found ""'],
    [['--session-timeout', '1ms'], '--session-timeout must be 100ms or more; found "1ms"'],
    [['--timeout', '30d'], '--timeout must be shorter than 25 days; found "30d"'],
    [['--compression', 'zip'], '--compression must be one of none, gzip, snappy, lz4, zstd; found "zip"'],
    [
      ['--match', '/(/'],
      '--match is not a regular expression: Invalid regular expression: /(/: Unterminated group; found "/(/"',
    ],
    [
      ['--download_regex', 'a++'],
      "--download_regex holds ++, which is Python's regular expression syntax and has no counterpart here; write it as --match instead",
    ],
    [
      ['--produce-topic', 'instrument-files'],
      '--produce-topic must not be the topic that is consumed (instrument-files): results would be read as chunks',
    ],
    ...['instrument-files', 'peak-tables'].map((topic): [string[], string] => [
      ['--state-topic', topic],
      `--state-topic must be a topic of its own, not the one for chunks or for results (${topic})`,
    ]),
    [
      ['--produce-topic', 'PeakFinder.files'],
      '--state-topic must be a topic of its own, not the one for chunks or for results (by default it is named after the group; PeakFinder.files)',
    ],
    [
      ['--state-topic', 'a b'],
      '--state-topic must be a topic name: up to 249 letters, digits, dots, underscores and hyphens, or none; found "a b"',
    ],
    [['--config', 'none'], '--config none.config: there is no such file; looked for /lab/none.config'],
    [
      ['--config', 'lab.xml'],
      '--config lab.xml: the format is told by the extension, which must be one of .config, .conf, .ini, .cfg, .yaml, .yml, .json, .toml',
    ],
  ])('%j', (argv, problem) => {
    expect(problemsOf({ argv: [...brokers, ...argv] })).toEqual([problem]);
  });

  it('does not call missing what may stand in a file that cannot be read', () => {
    expect(problemsOf({ argv: ['--config', 'x.ini'], files: { '/lab/x.ini': 'hello' } })).toEqual([
      'x.ini:1: expected key = value, [section] or # comment; found hello',
    ]);
  });

  it('tells lines that cannot be read with all other mistakes of the file', () => {
    const lines = [
      '[brokr]',
      '[PeakFinder]',
      'attempts = 0',
      'backoff = 5%',
      'matsch = *.xy',
      '[PeakFinder]',
    ];
    expect(problemsOf({ argv: ['--config', 'x.ini'], files: { '/lab/x.ini': lines.join('\n') } })).toEqual([
      'x.ini:6: [PeakFinder] stands in the file twice',
      'x.ini:4: [PeakFinder] backoff holds a single %; write %% for a percent sign',
      'x.ini: unknown section [brokr]; did you mean broker?',
      'x.ini:5: [PeakFinder] unknown key matsch; did you mean match?',
      '--attempts (file x.ini:3) must be 1 or more; found "0"',
    ]);
  });

  it('names the file, the line, the section and what was meant for an unknown key', () => {
    const files = { '/lab/x.ini': '[reproducer]\nconcurency = 3\n[PeakFinder]\nlimits = 3\nwat = 1\n' };
    expect(problemsOf({ argv: [...brokers, '--config', 'x.ini'], files })).toEqual([
      'x.ini:2: [reproducer] unknown key concurency; did you mean concurrency?',
      'x.ini:4: [PeakFinder] unknown key limits; did you mean limit?',
      'x.ini:5: [PeakFinder] unknown key wat',
    ]);
  });

  it('shows keys as they are written where the format has no lines', () => {
    const files = {
      '/lab/x.toml':
        '[reproducer]\nMinimumHeigth = 3\nConcurency = 3\n[consumer]\nauto.Ofset.reset = "earliest"\n',
    };
    expect(problemsOf({ argv: [...brokers, '--config', 'x.toml'], files })).toEqual([
      'x.toml: [consumer] unknown key auto.Ofset.reset; did you mean auto.offset.reset?',
      'x.toml: [reproducer] unknown key MinimumHeigth',
      'x.toml: [reproducer] unknown key Concurency; did you mean concurrency?',
    ]);
  });

  it('wants one value where a file gives a list', () => {
    const files = { '/lab/x.yaml': 'limit: [1, 2]\n' };
    expect(problemsOf({ argv: [...brokers, '--config', 'x.yaml'], files })).toEqual([
      '--limit (file x.yaml:1) must be one value, not a list; found "1,2"',
    ]);
  });
});
