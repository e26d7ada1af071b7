import { exitCodeOf, exitSoon } from '../../bootstrap/exit-code.js';
import { onStopSignals } from '../../bootstrap/signals.js';
import { describeError } from '../../errors.js';
import type { KafkaDriver } from '../../kafka/driver.js';
import { createKafkajsDriver } from '../../kafka/kafkajs/create-driver.js';
import { createLogger, type Logger } from '../../logger.js';
import { checkCommitted, metadataFor } from './check-committed.js';
import { claimInstance, type Instance } from './claim-instance.js';
import { readColocateFlags, type ColocateFlags, type ColocateOptions } from './colocate-options.js';
import { countsText, CopyProgress } from './copy-progress.js';
import { filledTargetWarning, planText } from './describe-plan.js';
import { prepareTarget, type PreparedTarget } from './prepare-target.js';
import { TopicCopier, type CopyEnd } from './topic-copier.js';
import { whileNotReady } from '../while-not-ready.js';

/** Ended, but messages were lost to retention. */
const lossExitCode = 3;

/**
 * Runs `reproducer colocate FROM TO` until a signal, or until all was copied with `--until-idle`.
 *
 * @returns the exit code: 0 done; 1 failed; 3 ended, but retention removed messages before they were copied
 * @throws {ConfigError} wrong flags, topics or offsets: nothing was copied by this process
 */
export async function runColocate(from: string, to: string, flags: ColocateFlags): Promise<number> {
  const options = readColocateFlags(from, to, flags, { env: process.env, cwd: process.cwd() });
  const { connection, compression, logLevel } = options.worker;
  const logger = createLogger({ level: logLevel, name: 'colocate' });
  for (const warning of options.warnings) logger.warn({}, warning);
  const driver = createKafkajsDriver({ connection, compression, logger });
  const instance = await instanceOf(options);
  try {
    return await copy(driver, options, instance.name, logger);
  } catch (error) {
    if (exitCodeOf(error) === 2) throw error;
    logger.fatal({ err: error }, describeError(error));
    return 1;
  } finally {
    instance.release();
  }
}

async function instanceOf({ instance, from, worker }: ColocateOptions): Promise<Instance> {
  if (instance !== undefined) return { name: instance, number: 0, release: () => undefined };
  return claimInstance(`${worker.groupId}.${from}`);
}

async function copy(
  driver: KafkaDriver,
  options: ColocateOptions,
  instance: string,
  logger: Logger,
): Promise<number> {
  const { from, worker } = options;
  const transactionalId = `${worker.groupId}.${from}.${instance}`;
  const prepared = await whileNotReady({ driver, log: logger }, () =>
    prepare(driver, options, transactionalId),
  );
  if (options.isDryRun) {
    process.stdout.write(planText(prepared, options));
    return 0;
  }
  for (const warning of [...prepared.warnings, ...filledTargetWarning(prepared, options)])
    logger.warn({}, warning);
  const end = await runCopier(driver, options, prepared, transactionalId, logger);
  if (end.kind === 'failed') {
    exitSoon();
    throw end.error;
  }
  return end.hasLost ? lossExitCode : 0;
}

async function prepare(
  driver: KafkaDriver,
  options: ColocateOptions,
  transactionalId: string,
): Promise<PreparedTarget & { hasBegun: boolean }> {
  const { groupId } = options.worker;
  const admin = await driver.admin();
  try {
    await admin.checkTransactions(transactionalId, groupId);
    const prepared = await prepareTarget(admin, options);
    const committed = await admin.committedOffsets(groupId, options.from);
    const metadata = metadataFor(options.to, prepared.target.partitionCount);
    for (const each of committed) checkCommitted({ groupId, topic: options.from, metadata }, each);
    return { ...prepared, hasBegun: committed.some(({ offset }) => offset !== null) };
  } finally {
    await admin.close();
  }
}

async function runCopier(
  driver: KafkaDriver,
  { from, to, worker }: ColocateOptions,
  { target }: PreparedTarget,
  transactionalId: string,
  logger: Logger,
): Promise<CopyEnd & { hasLost: boolean }> {
  const metadata = metadataFor(to, target.partitionCount);
  const copier = new TopicCopier(driver, {
    consumer: {
      ...worker,
      topic: from,
      minBytes: 1,
      placement: 'by-file',
      groupSettings: { target: metadata },
      transactionalId,
    },
    target,
    metadata,
    memoryBudgetBytes: worker.memoryBudgetBytes,
    ...(worker.untilIdleMs === undefined ? {} : { untilIdleMs: worker.untilIdleMs }),
    log: ({ level, fields, message }) => logger[level](fields, message),
  });
  const forget = onStopSignals({
    onFirst: signal => {
      logger.info({}, `${signal}: stopping; a second signal ends at once`);
      copier.stop();
    },
  });
  const place = `${to} (${target.partitionCount} partitions) as group ${worker.groupId}`;
  logger.info({ transactionalId }, `copies ${from} to ${place}`);
  const progress = new CopyProgress(copier, logger);
  try {
    const end = await copier.ended;
    if (end.kind !== 'failed') {
      const text = end.kind === 'idle' ? `all of ${from} is copied` : 'stopped';
      logger.info({ ...copier.counts }, `${text}; this process copied ${countsText(copier.counts)}`);
    }
    return { ...end, hasLost: copier.counts.lost > 0 };
  } finally {
    progress.stop();
    forget();
  }
}
