/**
 * Builds the S3 server that the tests need, if it is not there: `npx tsx test/s3/prepare.ts`. Exit code 77 and the reason where that is
 * not possible here.
 */
import { s3Installation } from './s3-server.js';

const installation = s3Installation();
console.log(installation.kind === 'ready' ? installation.program : installation.reason);
process.exitCode = installation.kind === 'ready' ? 0 : 77;
