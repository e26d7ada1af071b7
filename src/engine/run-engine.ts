import { createKafkajsDriver } from '../kafka/kafkajs/create-driver.js';
import { createForwardingLogger, lowerLevel } from '../logger.js';
import { EngineRunner } from './engine-runner.js';
import type { Engine, EngineListener, EngineOptions, RunningEngine } from './engine.js';
import { RetryFirst } from './replay/retry-first.js';
import { EngineObservers } from './engine-observers.js';

/** Runs an engine in the calling thread, on Kafka by way of kafkajs. */
export function runEngine(engineOptions: EngineOptions, listener: EngineListener): Engine {
  const { connection, compression, logLevel, logFileLevel } = engineOptions.options;
  const logger = createForwardingLogger(lowerLevel(logLevel, logFileLevel), line => listener.onLog(line));
  const driver = createKafkajsDriver({ connection, compression, logger });
  const observers = new EngineObservers(engineOptions, listener, driver);
  const start = (): RunningEngine => new EngineRunner(engineOptions, observers.listener, driver);
  return observers.observe(
    engineOptions.options.retryFailed === true
      ? new RetryFirst(engineOptions, observers.listener, driver, start)
      : start(),
  );
}
