/** What a legacy decorator gets for an instance member. A class has a `prototype`, so a static member does not fit. */
export type InstanceTarget = object & { prototype?: undefined };

/** What a standard decorator's context says of a member that a worker can use. */
export interface InstanceMember {
  readonly static: false;
  readonly private: false;
}

/** For members whose name must be text. */
export interface NamedInstanceMember extends InstanceMember {
  readonly name: string;
}
