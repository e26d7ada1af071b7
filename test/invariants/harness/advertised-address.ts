import { apiKeys } from './proxy-faults.js';

const host = Buffer.from('127.0.0.1');
const tellAddresses: readonly (number | undefined)[] = [apiKeys.Metadata, apiKeys.FindCoordinator];

/**
 * Replaces the broker's port in an answer that tells addresses. In every version of both answers the port stands in 4 bytes right
 * after the host, so nothing else of the answer has to be understood, and its length stays.
 */
export function advertiseInstead(frame: Buffer, apiKey: number | undefined, from: number, to: number): void {
  if (!tellAddresses.includes(apiKey)) return;
  for (let at = frame.indexOf(host); at >= 0; at = frame.indexOf(host, at + 1)) {
    const port = at + host.length;
    if (port + 4 <= frame.length && frame.readInt32BE(port) === from) frame.writeInt32BE(to, port);
  }
}
