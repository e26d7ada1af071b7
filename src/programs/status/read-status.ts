import { BrokerError, ConfigError } from '../../errors.js';
import type { AdminPort, CommittedOffset, KafkaDriver, PartitionInfo } from '../../kafka/driver.js';
import { decodeCommitMetadata, type CommitState } from '../../offsets/commit-metadata.js';
import { bytesText } from '../../observe/quantity-text.js';
import { ChunkSurvey, type SurveyedFile } from './chunk-survey.js';
import { FileOutcomes } from './file-outcomes.js';
import type { PartitionStatus, StatusReport } from './status-report.js';

export interface StatusQuestion {
  readonly group: string;
  readonly topic: string;
  readonly stateTopic: string | undefined;
  /** Of chunks that are looked at; the rest is left out, with a note. */
  readonly maxBytes: number;
}

/** What was found out. */
export interface StatusFindings {
  readonly report: StatusReport;
  /** Files with at least one chunk and no outcome, the oldest first. */
  readonly open: readonly SurveyedFile[];
  /** Undefined: they are not known. */
  readonly outcomes: FileOutcomes | undefined;
}

interface KnownPartition {
  readonly info: PartitionInfo;
  readonly committed: CommittedOffset | undefined;
  readonly state: CommitState | undefined;
}

/**
 * Finds out how a group stands, from Kafka alone: its commits say what is open and how far it has read, the topic from there on
 * which files those are, the state topic what became of the others. Nothing is changed, and no group is joined.
 *
 * @throws {ConfigError} there is no such topic
 * @throws {BrokerError}
 */
export async function readStatus(
  driver: KafkaDriver,
  admin: AdminPort,
  question: StatusQuestion,
): Promise<StatusFindings> {
  const { group, topic } = question;
  const info = await admin.describeTopic(topic);
  if (info === null)
    throw new ConfigError(
      `there is no topic ${topic}, or no right to see it; --topic names the one with the chunks`,
    );
  const commits = await admin.committedOffsets(group, topic);
  const notes: string[] = [];
  const known = info.partitions.map(partition => knownPartition(topic, partition, commits));
  const survey = await surveyChunks(driver, question, known, notes);
  const outcomes = await readOutcomes(driver, question, notes);
  const isNew = known.every(({ committed }) => committed?.offset == null);
  if (isNew) notes.push(`group ${group} has committed nothing on ${topic}`);
  const partitions = known.map(each => partitionStatus(each, survey));
  const report: StatusReport = {
    group,
    topic,
    at: new Date().toISOString(),
    partitions,
    lag: isNew ? null : partitions.reduce((sum, { lag }) => sum + lag, 0),
    open: survey.openFiles(),
    openUnseenCount: survey.openUnseenCount,
    unreadFileCount: survey.unreadFileCount,
    setAside: (outcomes?.setAside ?? []).map(({ path, versionId, haveCount, chunkCount }) => ({
      ...{ path, versionId, haveCount, chunkCount },
    })),
    outcomes: outcomes?.counts ?? null,
    failed: outcomes?.failed ?? [],
    notes,
  };
  return { report, open: survey.open(), outcomes };
}

function knownPartition(
  topic: string,
  info: PartitionInfo,
  commits: readonly CommittedOffset[],
): KnownPartition {
  const { partition } = info;
  const committed = commits.find(each => each.partition === partition);
  if (committed?.offset == null) return { info, committed, state: undefined };
  const position = { topic, partition, offset: committed.offset };
  return { info, committed, state: decodeCommitMetadata(position, committed.metadata) };
}

async function surveyChunks(
  driver: KafkaDriver,
  { topic, maxBytes }: StatusQuestion,
  known: readonly KnownPartition[],
  notes: string[],
): Promise<ChunkSurvey> {
  const survey = new ChunkSurvey(new Set(known.flatMap(({ state }) => state?.openVersions ?? [])));
  let leftBytes = maxBytes;
  for (const { info, committed, state } of known) {
    const from = committed?.offset ?? info.logStartOffset;
    const { partition, endOffset } = info;
    if (from >= endOffset) continue;
    const stopping = new AbortController();
    const readUpTo = state?.readUpTo ?? from;
    const onRecord = (record: Parameters<Parameters<KafkaDriver['readToEnd']>[0]['onRecord']>[0]): void => {
      if (stopping.signal.aborted) return;
      survey.add(record, partition, record.offset < readUpTo);
      leftBytes -= record.value?.length ?? 0;
      if (leftBytes <= 0) stopping.abort();
    };
    // The others are read to their ends only: from there on there is nothing.
    const others = known.map(({ info: other }) => [other.partition, other.endOffset] as const);
    try {
      await driver.readToEnd({
        topic,
        from: new Map([...others, [partition, from]]),
        onRecord,
        signal: stopping.signal,
      });
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
      notes.push(
        `only the first ${bytesText(maxBytes)} of what is not settled were looked at (--read-limit), so files and chunks may be missing here`,
      );
      break;
    }
  }
  return survey;
}

async function readOutcomes(
  driver: KafkaDriver,
  { group: groupId, topic, stateTopic }: StatusQuestion,
  notes: string[],
): Promise<FileOutcomes | undefined> {
  if (stateTopic === undefined) return undefined;
  const outcomes = new FileOutcomes({ topic, groupId });
  try {
    await driver.readToEnd({ topic: stateTopic, from: new Map(), onRecord: record => outcomes.add(record) });
    return outcomes;
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    notes.push(`done and failed files are not known: ${error.message}`);
    return undefined;
  }
}

function partitionStatus({ info, committed, state }: KnownPartition, survey: ChunkSurvey): PartitionStatus {
  const { partition, logStartOffset, endOffset } = info;
  const offset = committed?.offset ?? null;
  const readUpTo = state?.readUpTo ?? offset;
  const heldBackBy =
    offset === null || readUpTo === null || offset >= readUpTo ? undefined : survey.pathAt(partition, offset);
  return {
    partition,
    startOffset: logStartOffset.toString(),
    endOffset: endOffset.toString(),
    committedOffset: offset?.toString() ?? null,
    readUpTo: readUpTo?.toString() ?? null,
    lag: Math.max(0, Number(endOffset - (readUpTo ?? logStartOffset))),
    ...(heldBackBy === undefined ? {} : { heldBackBy }),
  };
}
