/** What a new project is made of. */
export interface ProjectNames {
  /** Of the folder and the package. */
  readonly project: string;
  /** `LineCounter` */
  readonly className: string;
  /** How npm finds the package: a version range, or `file:` and a path. */
  readonly packageSpec: string;
}

/** `LineCounter` becomes `line-counter`. */
export function moduleName(className: string): string {
  return className.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}

/** Texts by file name. */
export function projectFiles(names: ProjectNames): Readonly<Record<string, string>> {
  const module = moduleName(names.className);
  return {
    'package.json': `${JSON.stringify(packageOf(names, module), null, 2)}\n`,
    'tsconfig.json': `${JSON.stringify(tsconfig, null, 2)}\n`,
    [`${module}.ts`]: classText(names.className),
    [`${module}.test.ts`]: testText(names.className, module),
    'worker.config': configText,
    'README.md': readmeText(names, module),
    '.gitignore': 'node_modules/\n*_output/\n',
  };
}

function packageOf({ project, packageSpec }: ProjectNames, module: string): object {
  return {
    name:
      project
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[._-]+/, '') || 'worker',
    version: '0.1.0',
    private: true,
    type: 'module',
    scripts: {
      start: `tsx ${module}.ts --config worker.config`,
      test: `node --import tsx --test ${module}.test.ts`,
    },
    dependencies: { 'class-validator': '^0.15.1', 'kafka-reproducer': packageSpec },
    devDependencies: { '@types/node': '^20.19.43', tsx: '^4.23.15', typescript: '^5.9.3' },
  };
}

const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    experimentalDecorators: true,
    skipLibCheck: true,
  },
};

function classText(className: string): string {
  return `import { CliOption, Processor, Reproducer, runReproducer, type DataFile } from 'kafka-reproducer';
import { IsInt, Min } from 'class-validator';

/** Counts the lines of every file on the topic text-files. */
@Reproducer('text-files', 'line-counts')
export class ${className} {
  @CliOption({ description: 'shortest line that counts, in characters' })
  @IsInt()
  @Min(0)
  shortestLine = 1;

  @Processor()
  countLines(file: DataFile) {
    const lines = file.text().split('\\n');
    return { file: file.path, lines: lines.filter(line => line.length >= this.shortestLine).length };
  }
}

await runReproducer(${className}, import.meta);
`;
}

function testText(className: string, module: string): string {
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processFile, readResults, runReproducerInTest, TestKafka, uploadFiles } from 'kafka-reproducer/testing';
import { ${className} } from './${module}.js';

test('counts the lines that are long enough', async () => {
  const file = { path: 'notes/a.txt', bytes: 'one\\n\\nthree\\n' };
  const { outcome, messages } = await processFile(${className}, file, { argv: ['--shortest-line', '4'] });
  assert.equal(outcome, 'done');
  assert.deepEqual(
    messages.map(({ json }) => json),
    [{ file: 'notes/a.txt', lines: 1 }],
  );
});

test('produces a result for each file on the topic', async () => {
  const kafka = await TestKafka.start();
  try {
    const worker = await runReproducerInTest(${className}, { kafka });
    await uploadFiles(kafka, 'text-files', { 'a.txt': 'one\\ntwo\\n', 'b.txt': 'three\\n' }, { chunkBytes: 4 });
    await worker.untilFile('a.txt');
    await worker.untilFile('b.txt');
    const results = await readResults(kafka, 'line-counts');
    assert.equal(results.length, 2);
  } finally {
    await kafka.stop();
  }
});
`;
}

const configText = `# The names are those of librdkafka; values such as $LAB_PASSWORD come from the environment.
[broker]
bootstrap.servers = localhost:9092

[reproducer]
# Any option of --help: group-id = lab-counts
`;

function readmeText({ project, className }: ProjectNames, module: string): string {
  return `# ${project}

\`${className}\` reads files from the topic \`text-files\` and produces what it finds to \`line-counts\`.

\`\`\`sh
npm install
npm test                # without a Kafka: the tests start one
npm start               # on the brokers of worker.config; Ctrl-C, or q, stops it
npm start -- --help     # all options
\`\`\`

To try it without a Kafka, in two other terminals:

\`\`\`sh
npx reproducer broker --topic text-files:3 --topic line-counts
npx reproducer upload README.md --topic text-files --brokers localhost:9092
\`\`\`

\`npx reproducer service install ${module}.ts -- --config worker.config\` makes it a service of this machine.
`;
}
