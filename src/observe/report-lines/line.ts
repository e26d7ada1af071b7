import type { EngineLogLine } from '../../engine/engine.js';
import type { EngineReport } from '../../engine/reports.js';

/** A report of one kind. */
export type Report<Kind extends EngineReport['kind']> = EngineReport & { kind: Kind };

export function line(
  level: EngineLogLine['level'],
  fields: EngineLogLine['fields'],
  message: string,
): EngineLogLine {
  return { level, fields, message };
}
