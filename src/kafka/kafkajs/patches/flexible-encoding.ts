import { internals, type Encoder, type ProtocolRequest, type WireDecoder } from '../kafkajs-internals.js';

/** One request in a version that has tagged fields. */
interface FlexibleRequest<Answer> {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  /** The body, which begins with `flexibleRequest`. */
  readonly encode: () => Encoder;
  /** What follows the throttle time. */
  readonly decode: (decoder: WireDecoder) => Answer;
  /** The error codes of an answer. */
  readonly errorsOf: (answer: Answer) => readonly { readonly errorCode: number }[];
}

/** The request as kafkajs sends it and reads its answer. */
export function flexibleProtocol<Answer extends object>({
  encode,
  decode,
  errorsOf,
  ...request
}: FlexibleRequest<Answer>): ProtocolRequest {
  return {
    request: { ...request, encode: () => Promise.resolve(closed(encode())) },
    response: {
      decode: raw => {
        const decoder = flexibleResponse(raw);
        const clientSideThrottleTime = decoder.readInt32();
        return Promise.resolve({ throttleTime: 0, clientSideThrottleTime, ...decode(decoder) });
      },
      parse: data => {
        for (const { errorCode } of errorsOf(data as Answer))
          if (errorCode !== 0) throw internals.createErrorFromCode!(errorCode);
        return Promise.resolve(data);
      },
    },
  };
}

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
function flexibleResponse(raw: Buffer): WireDecoder {
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
