import { createHash } from 'node:crypto';
import { Processor, Reproducer } from '../../../decorators/index.js';
import { defineReproducer, prepareRun } from '../../../src/bootstrap/prepare-run.js';
import { ReproducerWorker } from '../../../src/bootstrap/reproducer-worker.js';
import { stopOnSignals } from '../../../src/bootstrap/signals.js';
import { EngineObservers } from '../../../src/engine/engine-observers.js';
import { EngineRunner } from '../../../src/engine/engine-runner.js';
import type { Engine, EngineListener, EngineOptions } from '../../../src/engine/engine.js';
import type { ConsumerHandlers, KafkaDriver } from '../../../src/kafka/driver.js';
import { createKafkajsDriver } from '../../../src/kafka/kafkajs/create-driver.js';
import { internals, type ProtocolRequest } from '../../../src/kafka/kafkajs/kafkajs-internals.js';
import { createForwardingLogger } from '../../../src/logger.js';
import type { DataFile } from '../../../src/processing/data-file.js';
import type { FileSettled } from '../../../src/processing/file-work.js';

/*
 * A worker that kills itself (SIGKILL) when it reaches a named point for the nth time: FAILPOINT="NAME#N". The points are set from
 * outside, around the driver, the engine and kafkajs's requests, so nothing of them is in what users run. The engine runs in
 * the main thread, with the same code and the same messages as in its own.
 */
const [failpoint, hit] = (process.env['FAILPOINT'] ?? '#').split('#');
let count = 0;

function reach(point: string): void {
  if (point !== failpoint) return;
  count += 1;
  if (count === Number(hit)) process.kill(process.pid, 'SIGKILL');
}

@Reproducer()
class FailingWorker {
  @Processor()
  async describeFile(file: DataFile) {
    reach('method begins');
    const sha256 = createHash('sha256').update(file.bytes).digest('hex');
    await Promise.resolve();
    reach('method ends');
    return { filename: file.path, size: file.size, sha256 };
  }
}

function startEngine(engineOptions: EngineOptions, listener: EngineListener): Engine {
  const { connection, compression, logLevel } = engineOptions.options;
  const logger = createForwardingLogger(logLevel, line => listener.onLog(line));
  const driver = createKafkajsDriver({ connection, compression, logger });
  for (const name of Object.keys(internals.requests!)) watchRequests(name);
  const observers = new EngineObservers(engineOptions, listener, driver);
  const { listener: inner } = observers;
  return observers.observe(new WatchedRunner(engineOptions, watchedListener(inner), watchedDriver(driver)));
}

class WatchedRunner extends EngineRunner {
  override settle(settled: FileSettled): void {
    super.settle(settled);
    reach('result handed over');
  }

  override stop(): void {
    super.stop();
    reach('stopping');
  }
}

function watchedListener(listener: EngineListener): EngineListener {
  return {
    ...listener,
    onFileReady: file => {
      reach('file complete');
      listener.onFileReady(file);
    },
  };
}

function watchedDriver(driver: KafkaDriver): KafkaDriver {
  return { ...driver, consumer: (options, handlers) => driver.consumer(options, watchedHandlers(handlers)) };
}

function watchedHandlers(handlers: ConsumerHandlers): ConsumerHandlers {
  return {
    ...handlers,
    onAssigned: assignment => {
      handlers.onAssigned(assignment);
      reach('assigned');
    },
    onRecords: (...args) => {
      handlers.onRecords(...args);
      reach('chunks taken');
    },
  };
}

/** Before a request of a kind is written, and when its answer is there and nobody has heard of it. */
function watchRequests(name: string): void {
  const unchanged = internals.requests![name]!;
  const watch = ({ request, response, ...rest }: ProtocolRequest): ProtocolRequest => ({
    ...rest,
    request: {
      ...request,
      encode: () => {
        reach(`before ${name}`);
        return request.encode();
      },
    },
    response: {
      ...response,
      decode: raw => {
        reach(`after ${name}`);
        return response.decode(raw);
      },
    },
  });
  internals.requests![name] = {
    versions: unchanged.versions,
    protocol: asked => args => watch(unchanged.protocol(asked)(args)),
  };
}

const run = prepareRun(await defineReproducer(FailingWorker, {}), { argv: process.argv.slice(2) });
const worker = new ReproducerWorker({
  name: 'FailingWorker',
  prepare: () => Promise.resolve(run),
  loadEngine: () => Promise.resolve(startEngine),
});
const { logger, configuration } = run;
const undo = stopOnSignals({ worker, logger, drainTimeoutMs: configuration.options.drainTimeoutMs });
await worker.start();
process.exitCode = (await worker.ended).exitCode;
undo();
