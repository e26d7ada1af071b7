import { describeMatrix } from './matrix.js';

describeMatrix('at-least-once', 3);
