import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { type Broker } from './broker.js';
import { Connection } from './connection.js';

/**
 * Connections that may wait to be accepted. With Node's 511, of 1,000 clients that connect at once some would wait a second or
 * more until their system tries again.
 */
const backlog = 4_096;

/** The listening socket and all connections of one run of the broker. */
export class KafkaServer {
  private readonly connections = new Set<Connection>();
  private readonly server: Server;

  private constructor(private readonly broker: Broker) {
    this.server = createServer(socket => this.accept(socket));
  }

  /**
   * Listens, and tells the broker its port.
   * @param port - 0 for a free one
   * @throws {Error} the port cannot be had (`EADDRINUSE` and the like)
   */
  static async listen(broker: Broker, port: number): Promise<KafkaServer> {
    const listening = new KafkaServer(broker);
    const { server } = listening;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host: broker.settings.host, backlog }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    broker.port = (server.address() as AddressInfo).port;
    return listening;
  }

  /** Stops listening and closes all connections at once. */
  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()));
    for (const connection of this.connections) connection.close();
    await closed;
  }

  private accept(socket: Socket): void {
    const connection = new Connection(socket, this.broker);
    this.connections.add(connection);
    socket.on('close', () => this.connections.delete(connection));
  }
}
