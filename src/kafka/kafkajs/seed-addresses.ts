/**
 * kafkajs cuts the address of a bootstrap broker at its first colon, and so an IPv6 address in pieces. So it gets that with dashes, which
 * no IPv6 address has, and the sockets are opened to what was meant. Addresses that brokers tell come apart already.
 */
const bracketed = /^\[([^\]]*)\](?=:\d+$)/;

/** `[::1]:9092` as kafkajs can take it; every other address as it is. */
export function seedAddress(broker: string): string {
  return broker.replace(bracketed, address => address.replaceAll(':', '-'));
}

/** The host that was meant by the one that kafkajs opens a socket to. */
export function hostOfSeed(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1).replaceAll('-', ':') : host;
}
