/** Operations by their numbers in Kafka's access rights. */
const operations = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const;

/** What stands in a response whose request did not ask. */
const notAsked = -2_147_483_648;

/**
 * What a client may do with a kind of thing, as bits: everything, as there are no access rights. The lists are those of
 * Kafka 4.1 without an authorizer.
 */
const everything = {
  topic: bits('read', 'write', 'create', 'delete', 'alter', 'describe', 'describeConfigs', 'alterConfigs'),
  group: bits('read', 'delete', 'describe', 'describeConfigs', 'alterConfigs'),
  cluster: bits(
    'create',
    'alter',
    'describe',
    'clusterAction',
    'describeConfigs',
    'alterConfigs',
    'idempotentWrite',
  ),
} as const;

export function allowedOperations(of: keyof typeof everything, isAsked: boolean): number {
  return isAsked ? everything[of] : notAsked;
}

function bits(...names: (keyof typeof operations)[]): number {
  return names.reduce((sum, name) => sum | (1 << operations[name]), 0);
}
