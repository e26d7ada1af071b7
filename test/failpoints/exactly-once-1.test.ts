import { describeMatrix } from './matrix.js';

describeMatrix('exactly-once', 1);
