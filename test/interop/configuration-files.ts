/** As the original's example configuration for uploads: batches, a wait of 100 ms, lz4. */
export function uploadConfiguration(brokers: readonly string[], compression = 'lz4'): string {
  return [
    ...['[broker]', `bootstrap.servers = ${brokers.join(',')}`, ''],
    ...['[producer]', 'batch.size = 200000', 'linger.ms = 100', `compression.type = ${compression}`],
    ...['key.serializer = StringSerializer', 'value.serializer = DataFileChunkSerializer', ''],
  ].join('\n');
}

/** For the original's programs that read chunks. */
export function downloadConfiguration(brokers: readonly string[]): string {
  return [
    ...['[broker]', `bootstrap.servers = ${brokers.join(',')}`, ''],
    ...['[consumer]', 'auto.offset.reset = earliest', 'enable.auto.commit = False', 'fetch.min.bytes = 1'],
    ...['key.deserializer = StringDeserializer', 'value.deserializer = DataFileChunkDeserializer', ''],
  ].join('\n');
}
