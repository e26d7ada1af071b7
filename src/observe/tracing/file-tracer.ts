import type * as OpenTelemetry from '@opentelemetry/api';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import type { FileEndReport } from '../../engine/reports.js';
import type { FileReady, FileSettled, OutgoingMessage } from '../../processing/file-work.js';
import type { MethodResult } from '../../processing/invoke-method.js';

/** `@opentelemetry/api`, which the user's project brings. */
export type OpenTelemetryApi = typeof OpenTelemetry;

export interface FileTracerOptions {
  readonly version: string;
  readonly consumeTopic: string;
  readonly groupId: string;
  readonly produceTopic?: string | undefined;
  /** `PeakFinder.findPeaks` */
  readonly methodName: string;
}

/** The spans of one file. */
interface FileSpans {
  readonly key: string;
  readonly file: Span;
  readonly context: Context;
  /** From the method's end until the results are there. */
  sending?: Span;
}

/**
 * Spans for each file, as OpenTelemetry's conventions for messaging name them: one from its first chunk until its outcome is
 * committed, in it one for the putting together, one for each call of the method and one for the sending of the results.
 *
 * It belongs to the trace of the first chunk that carries one. During a call the method's span is the active one, so that what
 * the method does is seen below it. The results carry the context on.
 */
export class FileTracer {
  readonly #api: OpenTelemetryApi;
  readonly #options: FileTracerOptions;
  readonly #tracer: Tracer;
  readonly #byWorkId = new Map<number, FileSpans>();
  readonly #byKey = new Map<string, FileSpans>();

  constructor(api: OpenTelemetryApi, options: FileTracerOptions) {
    this.#api = api;
    this.#options = options;
    this.#tracer = api.trace.getTracer('kafka-reproducer', options.version);
  }

  /** The file is whole. */
  begin(ready: FileReady): void {
    const { SpanKind, propagation, trace, ROOT_CONTEXT } = this.#api;
    const { consumeTopic, groupId } = this.#options;
    const { info, size, firstChunkAtMs = Date.now() } = ready;
    const parent = propagation.extract(ROOT_CONTEXT, ready.trace ?? {});
    const file = this.#tracer.startSpan(
      `process ${consumeTopic}`,
      {
        kind: SpanKind.CONSUMER,
        startTime: firstChunkAtMs,
        attributes: {
          'messaging.system': 'kafka',
          'messaging.operation.name': 'process',
          'messaging.operation.type': 'process',
          'messaging.destination.name': consumeTopic,
          'messaging.consumer.group.name': groupId,
          'messaging.batch.message_count': info.chunkCount,
          'file.path': info.path,
          'file.size': size,
        },
      },
      parent,
    );
    const spans = { key: keyOf(info), file, context: trace.setSpan(parent, file) };
    this.#tracer.startSpan('put together', { startTime: firstChunkAtMs }, spans.context).end();
    this.#byWorkId.set(ready.workId, spans);
    this.#byKey.set(spans.key, spans);
  }

  /** Runs one call of the method inside of a span of its own. */
  async call(
    { workId, attempt }: { workId: number; attempt: number },
    act: () => Promise<MethodResult>,
  ): Promise<MethodResult> {
    const spans = this.#byWorkId.get(workId);
    if (spans === undefined) return act();
    const { context, trace } = this.#api;
    const attributes = { 'kafka_reproducer.attempt': attempt };
    const span = this.#tracer.startSpan(this.#options.methodName, { attributes }, spans.context);
    const result = await context.with(trace.setSpan(spans.context, span), act);
    if (result.kind === 'failed') this.#failed(span, result.reason, result.error);
    span.end();
    return result;
  }

  /** @returns the same with the context in the headers of its messages */
  settled(settled: FileSettled): FileSettled {
    const spans = this.#byWorkId.get(settled.workId);
    this.#byWorkId.delete(settled.workId);
    if (spans === undefined) return settled;
    const { outcome } = settled;
    spans.file.setAttribute('kafka_reproducer.attempts', settled.attempts);
    if (outcome.kind === 'discarded') {
      spans.file.setAttribute('kafka_reproducer.outcome', 'discarded');
      this.#end(spans);
      return settled;
    }
    if (outcome.kind !== 'done' || outcome.messages.length === 0) return settled;
    const messages = outcome.messages.map(message => this.#withContext(message, this.#send(spans)));
    return { ...settled, outcome: { ...outcome, messages } };
  }

  /** The outcome of a file is committed. */
  ended(report: FileEndReport): void {
    const spans = this.#byKey.get(keyOf(report.file));
    if (spans === undefined) return;
    const outcome =
      report.kind === 'file-failed' ? 'failed' : report.skipped === undefined ? 'done' : 'skipped';
    spans.file.setAttribute('kafka_reproducer.outcome', outcome);
    if (report.kind === 'file-failed')
      this.#failed(spans.file, report.reason, { name: report.reason, message: report.error });
    this.#end(spans);
  }

  /** Ends the spans of files that nobody tells of any more. */
  close(): void {
    for (const spans of [...this.#byKey.values()]) this.#end(spans);
    this.#byWorkId.clear();
  }

  #send(spans: FileSpans): Context {
    const { SpanKind, trace } = this.#api;
    const { produceTopic = '' } = this.#options;
    spans.sending ??= this.#tracer.startSpan(
      `send ${produceTopic}`,
      {
        kind: SpanKind.PRODUCER,
        attributes: {
          'messaging.system': 'kafka',
          'messaging.operation.name': 'send',
          'messaging.operation.type': 'send',
          'messaging.destination.name': produceTopic,
        },
      },
      spans.context,
    );
    return trace.setSpan(spans.context, spans.sending);
  }

  /** A context that the method gave its message stays. */
  #withContext(message: OutgoingMessage, context: Context): OutgoingMessage {
    if ('traceparent' in message.headers) return message;
    const carrier: Record<string, string> = {};
    this.#api.propagation.inject(context, carrier);
    return { ...message, headers: { ...message.headers, ...carrier } };
  }

  #failed(span: Span, reason: string, error: { name: string; message: string; stack?: string }): void {
    span.setAttribute('error.type', reason);
    span.recordException(error);
    span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: error.message });
  }

  #end(spans: FileSpans): void {
    if (this.#byKey.get(spans.key) === spans) this.#byKey.delete(spans.key);
    spans.sending?.end();
    spans.file.end();
  }
}

/** One content of one path is open once at a time. */
function keyOf({ path, sha512 }: { readonly path: string; readonly sha512: string }): string {
  return `${sha512} ${path}`;
}
