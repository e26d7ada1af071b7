import { createKafkajsDriver } from '../kafka/kafkajs/create-driver.js';
import { createForwardingLogger } from '../logger.js';
import { MetricsServer } from '../observe/metrics/metrics-server.js';
import { EngineRunner } from './engine-runner.js';
import type { Engine, EngineListener, EngineOptions } from './engine.js';

/** Runs an engine in the calling thread, on Kafka by way of kafkajs. */
export function runEngine(engineOptions: EngineOptions, listener: EngineListener): Engine {
  const { connection, compression, logLevel } = engineOptions.options;
  const logger = createForwardingLogger(logLevel, line => listener.onLog(line));
  const driver = createKafkajsDriver({ connection, compression, logger });
  const metrics = openMetrics(engineOptions, listener);
  if (metrics === undefined) return new EngineRunner(engineOptions, listener, driver);
  const engine = new EngineRunner(engineOptions, withObserver(listener, metrics), driver);
  void engine.ended.then(() => metrics.close());
  return engine;
}

function openMetrics({ options, name, version = '' }: EngineOptions, listener: EngineListener) {
  const { metrics, consumeTopic: topic, groupId: group } = options;
  if (metrics === undefined) return undefined;
  const labels = { name, version, topic, group };
  return new MetricsServer({ ...metrics, labels, log: line => listener.onLog(line) });
}

type Observer = Pick<EngineListener, 'onReport' | 'onProgress'>;

/** Tells the observer first, of what the engine is and does. */
function withObserver(listener: EngineListener, observer: Observer): EngineListener {
  return {
    onFileReady: file => listener.onFileReady(file),
    onDiscard: (scope, reason) => listener.onDiscard(scope, reason),
    onReport: report => {
      observer.onReport(report);
      listener.onReport(report);
    },
    onProgress: progress => {
      observer.onProgress(progress);
      listener.onProgress(progress);
    },
    onLog: line => listener.onLog(line),
  };
}
