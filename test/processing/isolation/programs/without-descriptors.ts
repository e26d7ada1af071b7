import { closeSync, openSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { startProcess } from '../../../../src/processing/isolation/start-process.js';

/** Starts a process when this one may open nothing any more, and prints what comes of it. */
const taken: number[] = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // All of them are taken.
}
const child = startProcess(pathToFileURL('/nowhere.js'), {
  onMessage: () => undefined,
  onEnd: end => {
    for (const descriptor of taken) closeSync(descriptor);
    console.log(child.name, end.text);
  },
});
child.kill();
