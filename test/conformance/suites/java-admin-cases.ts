import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, type Target } from '../suite.js';

const tools = 'org.apache.kafka.tools';

/** Makes a case whose output is compared as it is. */
type Printed = (test: string, mainClass: string, args: (target: Target) => readonly string[]) => Case;

/** What administrators ask for that is not about one topic's records or one group: elections, replicas, quotas, users. */
export function javaAdminCases(printed: Printed): Case[] {
  const elections = (test: string, ...args: string[]): Case =>
    printed(`kafka-leader-election: ${test}`, `${tools}.LeaderElectionCommand`, () => args);
  const transactions = (test: string, ...args: string[]): Case =>
    printed(`kafka-transactions: ${test}`, `${tools}.TransactionsCommand`, () => args);
  const configs = (test: string, ...args: string[]): Case =>
    printed(`kafka-configs: ${test}`, 'kafka.admin.ConfigCommand', () => args);
  const place = ['--topic', 'admin', '--partition', '0'];
  return [
    printed('kafka-topics: creates one for what follows', `${tools}.TopicCommand`, () => [
      '--create',
      '--topic',
      'admin',
      '--partitions',
      '2',
    ]),
    elections('of one partition', '--election-type', 'preferred', ...place),
    elections('of all partitions', '--election-type', 'preferred', '--all-topic-partitions'),
    elections('of an absent topic', '--election-type', 'unclean', '--topic', 'no', '--partition', '0'),
    ...reassignments(printed),
    transactions('describes one that is absent', 'describe', '--transactional-id', 'none'),
    transactions('describes producers', 'describe-producers', ...place),
    transactions('finds none that hang', 'find-hanging', '--broker-id', '1'),
    transactions('aborts none', 'abort', ...place, '--start-offset', '0'),
    printed('kafka-groups: lists', `${tools}.GroupsCommand`, () => ['--list', '--consumer']),
    printed('kafka-cluster: endpoints', `${tools}.ClusterTool`, () => ['list-endpoints']),
    printed('kafka-streams-application-reset', `${tools}.StreamsResetter`, () => [
      '--application-id',
      'app',
      '--input-topics',
      'admin',
    ]),
    ...quotas(configs),
    ...credentials(configs),
    configs('has no settings of groups', '--describe', '--entity-type', 'groups', '--entity-name', 'none'),
    configs('has no settings of metrics', '--describe', '--entity-type', 'client-metrics'),
  ];
}

function reassignments(printed: Printed): Case[] {
  const command = (test: string, action: string, content?: { file: string; text: object }): Case =>
    printed(`kafka-reassign-partitions: ${test}`, `${tools}.reassign.ReassignPartitionsCommand`, target => {
      if (content === undefined) return [action];
      const file = join(target.folder, 'reassign.json');
      writeFileSync(file, JSON.stringify({ version: 1, ...content.text }));
      return [action, content.file, file, ...(action === '--generate' ? ['--broker-list', '1'] : [])];
    });
  const onto = (broker: number) => ({
    file: '--reassignment-json-file',
    text: { partitions: [{ topic: 'admin', partition: 0, replicas: [broker] }] },
  });
  const topics = { file: '--topics-to-move-json-file', text: { topics: [{ topic: 'admin' }] } };
  return [
    command('proposes', '--generate', topics),
    command('onto the only broker', '--execute', onto(1)),
    command('verifies', '--verify', onto(1)),
    command('onto an absent broker', '--execute', onto(2)),
    command('lists none', '--list'),
  ];
}

type Configs = (test: string, ...args: string[]) => Case;

function quotas(configs: Configs): Case[] {
  const user = ['--entity-type', 'users', '--entity-name', 'bob'];
  const clients = ['--entity-type', 'clients', '--entity-default'];
  return [
    configs('sets a quota of a user', '--alter', ...user, '--add-config', 'producer_byte_rate=1000'),
    configs('sets a quota of all clients', '--alter', ...clients, '--add-config', 'request_percentage=50'),
    configs('shows the quota of a user', '--describe', '--entity-type', 'users'),
    configs('shows the quota of all clients', '--describe', ...clients),
    configs('removes a quota', '--alter', ...clients, '--delete-config', 'request_percentage'),
    configs('shows no quota', '--describe', '--entity-type', 'clients'),
  ];
}

function credentials(configs: Configs): Case[] {
  const user = ['--entity-type', 'users', '--entity-name', 'alice'];
  const mechanism = 'SCRAM-SHA-256';
  return [
    configs('gives a user a password', '--alter', ...user, '--add-config', `${mechanism}=[password=x]`),
    configs('shows that a user has a password', '--describe', ...user),
    configs('takes a password away', '--alter', ...user, '--delete-config', mechanism),
    configs('takes no password away', '--alter', ...user, '--delete-config', mechanism),
  ];
}
