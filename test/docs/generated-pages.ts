import { format, resolveConfig } from 'prettier';
import { documentOptions } from '../../src/config/document-options.js';
import { kafkaNames, type KafkaName } from '../../src/config/librdkafka/kafka-names.js';
import { withoutCounterpart } from '../../src/config/librdkafka/without-counterpart.js';
import { unservedOptions } from '../../src/config/unserved-options.js';

const note =
  '<!-- Made from the source by test/docs/generated-pages.test.ts; npx vitest run test/docs -u renews it. -->';

/** docs/options.md */
export function optionsPage(): Promise<string> {
  return page(`# Options of every worker

${note}

Every class has these options, and its own under a heading of their own; \`--help\` prints both. How files, environment
and flags combine is told in [configuration.md](configuration.md).

Durations take a unit (\`500ms\`, \`30s\`, \`10m\`, \`24h\`); a plain number is seconds. Sizes: \`KiB\`, \`MiB\`, \`GiB\` count in
1024s, \`KB\`, \`MB\`, \`GB\` in 1000s; a plain number is bytes.

${documentOptions()}
## Names that are taken

These names belong to OpenMSIStream or to a later version. They are accepted with a warning and change nothing.

| flag | in this version |
| --- | --- |
${unservedOptions.map(option => `| \`--${option.name}\` | no effect: ${option.description} |`).join('\n')}
`);
}

/** docs/kafka-settings.md */
export function kafkaSettingsPage(): Promise<string> {
  const rows = kafkaNames.filter(({ meaning }) => meaning.kind !== 'without-effect');
  return page(`# librdkafka's settings

${note}

The sections \`[broker]\`, \`[consumer]\` and \`[producer]\` of a [configuration file](configuration.md) take librdkafka's
names. A name that librdkafka does not have is an error with the nearest one that it has.

## What is read

| name | also | for | what it does here |
| --- | --- | --- | --- |
${rows.map(settingRow).join('\n')}

## What has no effect

These are accepted, with a warning that tells why, so that a file made for another program still works.

| because | names |
| --- | --- |
${Object.entries(withoutCounterpart)
  .map(([because, names]) => `| ${because} | ${names.map(code).join(', ')} |`)
  .join('\n')}
`);
}

function settingRow(row: KafkaName): string {
  const aliases = row.aliases.map(code).join(', ');
  const role = row.role === 'both' ? 'connection' : row.role;
  return `| ${code(row.name)} | ${aliases} | ${role} | ${effectOf(row)} |`;
}

function effectOf({ meaning, because, secret }: KafkaName): string {
  switch (meaning.kind) {
    case 'option':
      return `sets ${code(`--${meaning.option}`)}${because === '' ? '' : `; ${because}`}`;
    case 'property':
      return `used as it is${secret ? '; never printed' : ''}`;
    case 'fixed': {
      const others = meaning.allowed.map(code).join(', ');
      if (meaning.otherwise === 'warn') return `${because}; anything but ${others} gives a warning`;
      return `${others === '' ? 'refused' : `anything but ${others} is refused`}: ${because}`;
    }
    case 'quiet':
    case 'without-effect':
      return 'ignored';
  }
}

function code(text: string): string {
  return `\`${text}\``;
}

async function page(markdown: string): Promise<string> {
  const style = await resolveConfig(new URL('../../docs/options.md', import.meta.url));
  return format(markdown, { ...style, parser: 'markdown' });
}
