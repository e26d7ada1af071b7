/**
 * Makes the Python with the original package, if it is not there: `npx tsx test/interop/prepare.ts`. Exit code 77 and the reason where
 * that is not possible here.
 */
import { pythonEnvironment } from './python-environment.js';

const environment = pythonEnvironment();
console.log(environment.kind === 'ready' ? environment.python : environment.reason);
process.exitCode = environment.kind === 'ready' ? 0 : 77;
