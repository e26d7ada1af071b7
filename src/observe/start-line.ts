import type { CompiledWorkerOptions } from '../config/worker-options.js';
import type { EngineLogLine } from '../engine/engine.js';

/** The first line of a run: what goes where. @param reads in place of the topic in its group */
export function startLine(name: string, options: CompiledWorkerOptions, reads?: string): EngineLogLine {
  const { consumeTopic, produceTopic, groupId } = options;
  const target = produceTopic === undefined ? '' : ` and produces to ${produceTopic}`;
  return {
    level: 'info',
    fields: { kind: 'start', consumeTopic, produceTopic, groupId },
    message: `${name} reads ${reads ?? `${consumeTopic} in group ${groupId}`}${target}`,
  };
}
