// Loaded by jest before each spec: kafkajs's specs connect to three fixed ports of localhost, which all lead to the broker
// that CONFORMANCE_BROKER names. `node:` names are unknown to that jest.
/* global require, process */
// eslint-disable-next-line @typescript-eslint/no-require-imports
const net = require('net');

const fixedPorts = new Set([9092, 9095, 9098]);
if (!net.connect.isRedirected) {
  const [host, port] = process.env.CONFORMANCE_BROKER.split(':');
  const connect = net.connect;
  net.connect = (options, ...rest) => {
    const isFixed = typeof options === 'object' && fixedPorts.has(Number(options.port));
    return connect.call(net, isFixed ? { ...options, host, port: Number(port) } : options, ...rest);
  };
  net.connect.isRedirected = true;
}
