/** A broker that clients are run against. */
export interface Target {
  readonly name: string;
  /** `host:port`. */
  readonly broker: string;
  /** Empty folder of this target, for what programs write. */
  readonly folder: string;
}

/** How one test ended on one broker. */
export interface Outcome {
  readonly test: string;
  readonly hasPassed: boolean;
  /** What was seen, without what differs from run to run; or why it failed. Equal on two brokers that are alike. */
  readonly seen: string;
}

/** Tests of one client. */
export interface Suite {
  readonly name: string;
  /** Runs all its tests, which may leave topics and groups behind: the broker is new and ends afterwards. */
  run(target: Target): Promise<readonly Outcome[]>;
}

/** Suites that cannot run here say so with this. */
export interface MissingSuite {
  readonly name: string;
  readonly missing: string;
}

/** One test that is written as a function. */
export interface Case {
  readonly test: string;
  /** @returns what was seen. @throws {Error} the test has failed */
  readonly run: (target: Target) => Promise<string>;
}

/** Runs cases one after the other; later ones may build on what earlier ones left. */
export async function runCases(cases: readonly Case[], target: Target): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { test, run } of cases) {
    try {
      outcomes.push({ test, hasPassed: true, seen: await run(target) });
    } catch (error) {
      const seen = error instanceof Error ? error.message : String(error);
      outcomes.push({ test, hasPassed: false, seen });
    }
  }
  return outcomes;
}
