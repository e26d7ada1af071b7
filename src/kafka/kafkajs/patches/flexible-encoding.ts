import { internals, type Encoder, type WireDecoder } from '../kafkajs-internals.js';

export function newEncoder(): Encoder {
  return new internals.Encoder!();
}

/** kafkajs writes the old request header; the tagged fields at the end of the new one are an empty list, one byte. */
export function flexibleRequest(): Encoder {
  return closed(newEncoder());
}

/** Ends a structure: no tagged fields. */
export function closed(encoder: Encoder): Encoder {
  return encoder.writeUVarInt(0);
}

/** The new response header has tagged fields as well. */
export function flexibleResponse(raw: Buffer): WireDecoder {
  const decoder = new internals.Decoder!(raw);
  decoder.readTaggedFields();
  return decoder;
}

export function readArray<T>(decoder: WireDecoder, read: () => T): T[] {
  return (
    decoder.readUVarIntArray(() => {
      const item = read();
      decoder.readTaggedFields();
      return item;
    }) ?? []
  );
}

export function throwIfFailed({ errorCode }: { errorCode: number }): void {
  if (errorCode !== 0) throw internals.createErrorFromCode!(errorCode);
}
