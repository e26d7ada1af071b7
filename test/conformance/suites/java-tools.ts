import { fileURLToPath } from 'node:url';
import { checkTools, kafkaClassPath, MissingToolError } from '../../real-kafka/kafka-jars.js';
import { runCommand } from '../run-command.js';
import { runCases, type MissingSuite, type Suite } from '../suite.js';
import { javaCases, type RunTool } from './java-cases.js';

const log4j = fileURLToPath(new URL('../../real-kafka/log4j2.properties', import.meta.url));
// Small and quick to start: most of these programs run for less than a second.
const javaOptions = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Apache Kafka's own command-line tools, which are Java clients. */
export function javaToolsSuite(version: string): Suite | MissingSuite {
  const name = `Apache Kafka ${version}, Java tools`;
  try {
    checkTools();
  } catch (error) {
    if (error instanceof MissingToolError) return { name, missing: error.message };
    throw error;
  }
  return {
    name,
    run: target => {
      const classPath = kafkaClassPath(version, 'tools');
      const tool: RunTool = (mainClass, args, options = {}) =>
        runCommand(
          'java',
          [...javaOptions, `-Dlog4j2.configurationFile=${log4j}`, '-cp', classPath, mainClass, ...args],
          { timeoutMs: 90_000, folder: target.folder, exitCodes: [0, 1], ...options },
        );
      return runCases(javaCases(tool), target);
    },
  };
}
