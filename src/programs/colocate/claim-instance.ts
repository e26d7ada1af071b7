import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { hostname } from 'node:os';

const maxInstances = 1_000;
const prefixes: Partial<Record<NodeJS.Platform, string>> = { linux: '\0', win32: '\\\\.\\pipe\\' };

/** A name that no other process uses at the same time, and that a process started later may have again. */
export interface Instance {
  readonly name: string;
  /** From 1 on; 0 where the system cannot tell. */
  readonly number: number;
  release(): void;
}

/**
 * Finds the lowest number that no other process of this host has for the same work.
 *
 * A process that starts again after a crash so gets the name of the crashed one, and with it can end at once the transaction that
 * that one left undecided. A number is held by listening on a name that the system forgets with the process: a pipe on
 * Windows, an abstract socket on Linux. Elsewhere the process id stands for the number.
 *
 * @param work what other processes with the same text work on too
 */
export async function claimInstance(
  work: string,
  platform: NodeJS.Platform = process.platform,
): Promise<Instance> {
  const prefix = prefixes[platform];
  // The system allows about a hundred bytes.
  const digest = createHash('sha256').update(work).digest('hex').slice(0, 16);
  for (let number = 1; prefix !== undefined && number <= maxInstances; number += 1) {
    const server = await listen(`${prefix}kafka-reproducer.${digest}.${number}`);
    if (server === 'taken') continue;
    if (server === undefined) break;
    return { name: `${hostname()}-${number}`, number, release: () => void server.close() };
  }
  return { name: `${hostname()}-pid-${process.pid}`, number: 0, release: () => undefined };
}

/** @returns undefined when this system does not have such names */
async function listen(path: string): Promise<Server | 'taken' | undefined> {
  const server = createServer(socket => socket.destroy());
  try {
    server.listen(path);
    await once(server, 'listening');
    server.unref();
    return server;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'taken' : undefined;
  }
}
