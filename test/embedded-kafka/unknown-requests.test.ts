import { describe, expect, it } from 'vitest';
import { apis } from '../../src/embedded-kafka/apis/registry.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { RawClient } from './raw-client.js';
import { startBroker } from './with-kafkajs.js';

const apiVersionsKey = 18;
const unsupportedVersion = 35;
const versions = Array.from({ length: 21 }, (_, version) => version);
const keys = Array.from({ length: 101 }, (_, key) => key);

function isServed(key: number, version: number): boolean {
  return apis.some(api => api.key === key && version >= api.versions[0] && version <= api.versions[1]);
}

/** A request's body: empty, but for the names of the client's software where ApiVersions has them. */
function bodyOf(key: number, version: number): ResponseWriter {
  if (key !== apiVersionsKey || version < 3 || version > 4) return new ResponseWriter();
  return new ResponseWriter(true).string('raw').string('1.0').noTags();
}

/** Sends a request, and says how it ends; a broker that hangs lets the test run into its time limit. */
async function ask(port: number, key: number, version: number) {
  const client = await RawClient.connect(port);
  client.send(key, version, version, bodyOf(key, version));
  const response = await Promise.race([client.receive(), client.closed]);
  client.socket.destroy();
  if (response === undefined) return { kind: 'closed' } as const;
  return { kind: 'answered', correlationId: response.int32(), code: response.int16() } as const;
}

describe('of all requests from 0 to 100 in versions 0 to 20', () => {
  it('each one that is not served closes its connection, as in Kafka, and each other one is answered or closed', async () => {
    const { broker } = await startBroker();
    for (const key of keys) {
      const ends = await Promise.all(versions.map(version => ask(broker.port, key, version)));
      ends.forEach((end, version) => {
        if (end.kind === 'answered') expect(end.correlationId).toBe(version);
        if (key !== apiVersionsKey && !isServed(key, version)) {
          expect([key, version, end.kind]).toEqual([key, version, 'closed']);
        }
      });
    }
  });

  it('ApiVersions is answered in every version, with UNSUPPORTED_VERSION where it is not known', async () => {
    const { broker } = await startBroker();
    const ends = await Promise.all(versions.map(version => ask(broker.port, apiVersionsKey, version)));
    ends.forEach((end, version) => {
      const code = isServed(apiVersionsKey, version) ? 0 : unsupportedVersion;
      expect(end).toEqual({ kind: 'answered', correlationId: version, code });
    });
  });
});
