/** Numbers of the protocol's requests that are worth disturbing. */
export const apiKeys = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  ApiVersions: 18,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;

export type ProxyApi = keyof typeof apiKeys;

/** What happens to some requests of an API or to their answers. */
export interface ProxyFault {
  readonly api: ProxyApi;
  readonly on: 'request' | 'response';
  /** `drop`: nobody hears of it, the connection stays. `cut`: the connection is closed in its place. */
  readonly action: 'drop' | 'cut' | 'delay';
  /** 1-based, counted over all connections from when it was armed. Default: 1. */
  readonly nth?: number;
  /** How many from there on. Default: 1. */
  readonly times?: number;
  /** Default: 300. */
  readonly delayMs?: number;
}

interface ArmedFault {
  readonly fault: ProxyFault;
  seenCount: number;
  hitCount: number;
}

/** The faults that wait for their requests. */
export class ProxyFaults {
  #armed: ArmedFault[] = [];

  arm(fault: ProxyFault): { readonly hitCount: number } {
    const armed = { fault, seenCount: 0, hitCount: 0 };
    this.#armed.push(armed);
    return armed;
  }

  clear(): void {
    this.#armed = [];
  }

  /** A request is on its way. @returns the fault that hits it */
  strike(apiKey: number): ProxyFault | undefined {
    let hit: ArmedFault | undefined;
    for (const armed of this.#armed) {
      const { api, nth = 1, times = 1 } = armed.fault;
      if (apiKeys[api] !== apiKey) continue;
      armed.seenCount += 1;
      if (armed.seenCount >= nth && armed.seenCount < nth + times) hit ??= armed;
    }
    if (hit !== undefined) hit.hitCount += 1;
    return hit?.fault;
  }
}
