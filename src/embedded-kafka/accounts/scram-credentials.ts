/** How a user's password is checked, without what is needed to check it: the broker lets everybody in. */
export interface ScramCredential {
  /** 1: SCRAM-SHA-256, 2: SCRAM-SHA-512. */
  readonly mechanism: number;
  readonly iterations: number;
}

/** The SCRAM credentials of users, as far as Kafka shows them. No salt and no password is kept. */
export class ScramCredentials {
  private readonly byUser = new Map<string, Map<number, ScramCredential>>();

  users(): string[] {
    return [...this.byUser.keys()];
  }

  /** Empty for a user without credentials. */
  of(user: string): ScramCredential[] {
    return [...(this.byUser.get(user)?.values() ?? [])];
  }

  has(user: string, mechanism: number): boolean {
    return this.byUser.get(user)?.has(mechanism) === true;
  }

  set(user: string, credential: ScramCredential): void {
    const credentials = this.byUser.get(user) ?? new Map<number, ScramCredential>();
    this.byUser.set(user, credentials.set(credential.mechanism, credential));
  }

  delete(user: string, mechanism: number): void {
    const credentials = this.byUser.get(user);
    credentials?.delete(mechanism);
    if (credentials?.size === 0) this.byUser.delete(user);
  }
}
