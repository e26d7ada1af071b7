import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { hostOfSeed, seedAddress } from '../../src/kafka/kafkajs/seed-addresses.js';
import { driverFor, useTestBroker } from './brokers.js';

const kafka = useTestBroker();
const hasIPv6 = Object.values(networkInterfaces()).some(addresses =>
  addresses?.some(({ address }) => address === '::1'),
);

test.each([
  ['[::1]:9092', '::1'],
  ['[2001:db8::ff00:42:8329]:19092', '2001:db8::ff00:42:8329'],
  ['[::ffff:192.0.2.1]:9092', '::ffff:192.0.2.1'],
  ['kafka-1.lab.example:9092', 'kafka-1.lab.example'],
  ['127.0.0.1:9092', '127.0.0.1'],
])('%s is connected to at %s, though kafkajs cuts addresses at their first colon', (broker, host) => {
  const [cutHost, cutPort] = seedAddress(broker).split(':');
  expect(hostOfSeed(cutHost!)).toBe(host);
  expect(cutPort).toBe(broker.split(':').at(-1));
});

// A machine without IPv6 has nothing to listen on.
test.skipIf(!hasIPv6)('a broker is found at an IPv6 address', async () => {
  const [host, port] = kafka.brokers[0]!.split(':');
  const sockets: Socket[] = [];
  const server = createServer(socket => {
    const toBroker = createConnection({ host: host!, port: Number(port) });
    sockets.push(socket, toBroker);
    socket.pipe(toBroker).pipe(socket);
  });
  await new Promise<void>(resolve => server.listen(0, '::1', resolve));
  const driver = driverFor([`[::1]:${(server.address() as AddressInfo).port}`]);
  try {
    const admin = await driver.admin();
    expect((await admin.clusterInfo()).brokers.length).toBeGreaterThan(0);
    expect(sockets.length).toBeGreaterThan(0);
    await admin.close();
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => server.close(resolve));
  }
});
