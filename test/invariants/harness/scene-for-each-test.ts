import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from './broker-under-test.js';
import { Scene } from './scene.js';
import { compileProgram } from './worker-process.js';

/** What the tests of a file work with. */
export interface Stage {
  /** One for all tests of the file. */
  readonly broker: BrokerUnderTest;
  /** The worker's, compiled. */
  readonly program: string;
  /** Topics and a group of this test alone. */
  readonly scene: Scene;
}

/**
 * Sets a scene before each test of the file, and closes it after.
 *
 * @param source TypeScript of the worker's program
 * @param onReady is called before each test
 */
export function sceneForEachTest(source: URL, onReady: (stage: Stage) => void): void {
  let broker: BrokerUnderTest;
  let program: string;
  let scene: Scene | undefined;
  beforeAll(async () => {
    broker = await brokerUnderTest();
    program = await compileProgram(source);
  });
  afterAll(() => broker.close());
  beforeEach(async () => {
    scene = await Scene.open(broker.brokers);
    onReady({ broker, program, scene });
  });
  afterEach(() => scene?.close());
}
