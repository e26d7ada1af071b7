import type { HeldMemory } from '../held-memory.js';
import type { EngineCommand } from '../messages.js';
import type { OpenFile } from '../open-file.js';

export interface LeaveContentParts {
  readonly memory: HeldMemory;
  readonly emit: (command: EngineCommand) => void;
}

/** The content of the file is not read from the topic any more, if it was. */
export function leaveContent(file: OpenFile, { memory, emit }: LeaveContentParts): void {
  if (file.onTopic === undefined) return;
  file.onTopic = undefined;
  memory.recount(file);
  emit({ kind: 'forget-content', workId: file.workId });
}
