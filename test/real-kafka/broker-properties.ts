export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';

export interface BrokerListener {
  readonly protocol: SecurityProtocol;
  readonly port: number;
}

/** One KRaft node that is a broker and a controller. All ports are on 127.0.0.1. */
export interface BrokerNode {
  readonly id: number;
  /** By name; `PLAINTEXT` is there always, and what the brokers of a cluster use among themselves. */
  readonly listeners: ReadonlyMap<string, BrokerListener>;
  /** Ports of the controllers of all nodes, this one included, by node id. */
  readonly controllers: ReadonlyMap<number, number>;
}

/** The `server.properties` of a node; a node alone needs no waiting and no second broker. */
export function brokerProperties(
  node: BrokerNode,
  dataFolder: string,
  set: Readonly<Record<string, string>>,
): string {
  const voters = [...node.controllers].map(([id, port]) => `${id}@127.0.0.1:${port}`);
  const listeners = [...node.listeners].map(([name, { port }]) => `${name}://127.0.0.1:${port}`);
  const protocols = [...node.listeners].map(([name, { protocol }]) => `${name}:${protocol}`);
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': voters.join(),
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${node.controllers.get(node.id)!}`].join(),
    'advertised.listeners': listeners.join(),
    'listener.security.protocol.map': ['CONTROLLER:PLAINTEXT', ...protocols].join(),
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataFolder,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    ...set,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
