import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { linkOfProcess } from '../../../../src/processing/isolation/child-link.js';
import { bytesPipe } from '../../../../src/processing/isolation/process-pipes.js';

/** A child that answers a call with the size and the hash of its bytes, or dies while they come. */
process.on('message', wrapped => {
  if (!JSON.stringify(wrapped).includes('"dies.dat"')) return;
  readSync(bytesPipe, Buffer.alloc(1000));
  process.kill(process.pid, 'SIGKILL');
});

const link = linkOfProcess();
link.onMessage(message => {
  if (message.kind !== 'call') return;
  const bytes = message.file.bytes!;
  const skipped = `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;
  link.post({ kind: 'returned', result: { kind: 'returned', messages: [], skipped } });
});
link.post({ kind: 'ready' });
