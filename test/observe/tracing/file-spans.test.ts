import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Processor, Reproducer } from '../../../decorators/index.js';
import type { DataFile } from '../../../src/processing/data-file.js';
import type { ProcessorContext } from '../../../src/processing/processor-context.js';
import { runReproducerInTest, TestKafka } from '../../../src/testing/index.js';
import { sentFile } from '../../invariants/harness/sent-file.js';

const exporter = new InMemorySpanExporter();

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
});
afterAll(() => {
  context.disable();
  propagation.disable();
  trace.disable();
});

let kafka: TestKafka;
beforeEach(async () => {
  exporter.reset();
  kafka = await TestKafka.start();
});
afterEach(() => kafka.stop());

@Reproducer('scans', 'peaks')
class Peaks {
  @Processor({ attempts: 2, backoffMs: 1 })
  async find(file: DataFile, { attempt }: ProcessorContext) {
    // What the method does itself belongs below its call.
    trace.getTracer('user').startSpan('look up').end();
    await Promise.resolve();
    if (file.text() === 'bad' || (file.text() === 'shaky' && attempt === 1)) throw new Error('no peaks');
    return { size: file.size };
  }
}

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';

async function upload(contents: Readonly<Record<string, string>>, headers = {}): Promise<void> {
  const client = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  for (const [path, text] of Object.entries(contents))
    for (const { key, value } of sentFile(path, Buffer.from(text), 2).chunks)
      await producer.send({ topic: 'scans', messages: [{ key, value, headers }] });
  await producer.disconnect();
}

const spans = (name: string): ReadableSpan[] =>
  exporter.getFinishedSpans().filter(span => span.name === name);
const one = (name: string): ReadableSpan => {
  expect(spans(name), name).toHaveLength(1);
  return spans(name)[0]!;
};
const startMs = ({ startTime: [seconds, nanos] }: ReadableSpan): number => seconds * 1000 + nanos / 1e6;

describe('the spans of a file', () => {
  it('belong to the trace of its chunks, and the result carries the trace on', async () => {
    const began = Date.now();
    const worker = await runReproducerInTest(Peaks, { kafka });
    await upload({ 'a.xy': 'twelve bytes' }, { traceparent: `00-${traceId}-${parentId}-01` });
    await worker.untilFile('a.xy');
    const results = await worker.results();
    await worker.stop();

    const file = one('process scans');
    expect(file.spanContext().traceId).toBe(traceId);
    expect(file.parentSpanContext?.spanId).toBe(parentId);
    expect(file.kind).toBe(SpanKind.CONSUMER);
    expect(file.attributes).toEqual({
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'scans',
      'messaging.consumer.group.name': 'Peaks',
      'messaging.batch.message_count': 6,
      'file.path': 'a.xy',
      'file.size': 12,
      'kafka_reproducer.attempts': 1,
      'kafka_reproducer.outcome': 'done',
    });
    expect(startMs(file)).toBeGreaterThanOrEqual(began - 1);
    expect(file.status.code).toBe(SpanStatusCode.UNSET);
    const { spanId } = file.spanContext();
    for (const name of ['put together', 'Peaks.find', 'send peaks'])
      expect(one(name).parentSpanContext?.spanId, name).toBe(spanId);
    expect(one('look up').parentSpanContext?.spanId).toBe(one('Peaks.find').spanContext().spanId);
    expect(one('send peaks').kind).toBe(SpanKind.PRODUCER);
    const sent = one('send peaks').spanContext().spanId;
    expect(results.map(({ headers }) => headers['traceparent'])).toEqual([`00-${traceId}-${sent}-01`]);
  });

  it('are a trace of their own when the chunks carry none, or nonsense', async () => {
    const worker = await runReproducerInTest(Peaks, { kafka });
    await upload({ 'a.xy': 'aa' }, { traceparent: `00-${traceId}-${parentId}` });
    await upload({ 'b.xy': 'bb' });
    await worker.untilFiles(2);
    await worker.stop();
    const files = spans('process scans');
    expect(files.map(({ parentSpanContext }) => parentSpanContext)).toEqual([undefined, undefined]);
    expect(new Set(files.map(span => span.spanContext().traceId)).size).toBe(2);
  });

  it('show each attempt, and what a file failed of', async () => {
    const worker = await runReproducerInTest(Peaks, { kafka });
    await upload({ 'shaky.xy': 'shaky', 'bad.xy': 'bad' });
    await worker.untilFiles(2);
    await worker.stop();
    const fileSpan = (path: string): ReadableSpan =>
      spans('process scans').find(({ attributes }) => attributes['file.path'] === path)!;
    const attemptsOf = (file: ReadableSpan): ReadableSpan[] =>
      spans('Peaks.find').filter(span => span.parentSpanContext?.spanId === file.spanContext().spanId);
    const error = { code: SpanStatusCode.ERROR, message: 'no peaks' };
    const shaky = fileSpan('shaky.xy');
    expect(attemptsOf(shaky).map(({ status }) => status)).toEqual([error, { code: SpanStatusCode.UNSET }]);
    expect(shaky.attributes).toMatchObject({
      'kafka_reproducer.outcome': 'done',
      'kafka_reproducer.attempts': 2,
    });
    expect(shaky.status.code).toBe(SpanStatusCode.UNSET);
    const bad = fileSpan('bad.xy');
    expect(attemptsOf(bad).map(({ status }) => status)).toEqual([error, error]);
    expect(bad.attributes).toMatchObject({
      'kafka_reproducer.outcome': 'failed',
      'error.type': 'threw',
    });
    expect(bad.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no peaks' });
    expect(bad.events.map(({ name }) => name)).toEqual(['exception']);
  });
});
