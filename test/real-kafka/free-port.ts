import { once } from 'node:events';
import { createServer } from 'node:net';

/** A node asks for several before it listens on any, and the system may name one twice. */
const givenOut = new Set<number>();

/** A port of 127.0.0.1 that nobody listens on, and that was not given out before. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  // As long as this one is open, another one is named.
  const port = givenOut.has(address.port) ? await freePort() : address.port;
  server.close();
  await once(server, 'close');
  givenOut.add(port);
  return port;
}
