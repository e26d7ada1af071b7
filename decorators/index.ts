export { CliOption, type CliOptionDecorator } from './cli-option.js';
export type { ReproducerClassDecorator } from './class-decorator.js';
export { FileProcessor } from './file-processor.js';
export { Processor, type ProcessorDecorator, type ProcessorMethod } from './processor.js';
export { Reproducer } from './reproducer.js';
