/** Who follows the file on its way: the headers of W3C Trace Context, as OpenTelemetry writes them onto messages. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

type Headers = Readonly<Record<string, unknown>>;

/** The W3C recommendation lets longer ones be dropped. */
const maxLength = 512;

/** @returns undefined: the message carries none that makes sense */
export function traceContextOf(headers: Headers | undefined): TraceContext | undefined {
  const traceparent = textOf(headers?.['traceparent']);
  if (traceparent === undefined || !/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}/.test(traceparent))
    return undefined;
  const tracestate = textOf(headers?.['tracestate']);
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}

function textOf(value: unknown): string | undefined {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  return typeof text === 'string' && text.length <= maxLength ? text : undefined;
}
