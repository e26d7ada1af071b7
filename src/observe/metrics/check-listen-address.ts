import { createServer } from 'node:net';
import { ConfigError } from '../../errors.js';

/**
 * Finds out before anything is connected whether an address can be listened on.
 *
 * @param flag `--metrics`, for the error
 * @throws {ConfigError} it cannot; the text says why and what to do
 */
export async function checkListenAddress(
  flag: string,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    throw new ConfigError(`${flag}: cannot listen on ${host}:${port}: ${reasonOf(error, flag, port)}`, {
      cause: error,
    });
  }
  await new Promise(resolve => server.close(resolve));
}

function reasonOf(error: unknown, flag: string, port: number): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `another program does; give another port, as in ${flag} ${port + 1}`;
  if (code === 'EACCES') return `this user may not; give a port above 1023, as in ${flag} 9464`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `this machine has no such address; 0.0.0.0 stands for all it has`;
  return message;
}
