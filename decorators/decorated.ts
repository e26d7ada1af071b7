import type { MemberCarrier } from '../src/definition/metadata-store.js';
import type { ReproducerClass } from '../src/definition/reproducer-definition.js';

/** What a decorator stands on, whichever dialect called it. */
export type Decorated = DecoratedClass | DecoratedMember;

export interface DecoratedClass {
  readonly kind: 'class';
  readonly target: ReproducerClass;
  /** The name in the source, where the compiler passes it (standard dialect). */
  readonly sourceName?: string;
  /** For errors: the class. */
  readonly where: string;
}

export interface DecoratedMember {
  readonly kind: 'method' | 'property' | 'accessor' | 'getter or setter';
  readonly name: string | symbol;
  readonly isStatic: boolean;
  readonly isPrivate: boolean;
  /** Undefined: the compiler's standard decorators pass no metadata. */
  readonly carrier: MemberCarrier | undefined;
  /** For errors: `PeakFinder.findPeaks`; only `findPeaks` in the standard dialect, where the class does not exist yet. */
  readonly where: string;
}

/** The part of a standard decorator's context that is read. */
interface StandardContext {
  readonly kind: string;
  readonly name: string | symbol | undefined;
  readonly static?: boolean;
  readonly private?: boolean;
  readonly metadata?: object;
}

/**
 * Whether arguments are those that a compiler passes to a decorator, rather than those a user writes in its parentheses.
 * So a decorator finds out that its parentheses are missing.
 */
export function isDecoratorCall(args: readonly unknown[]): boolean {
  const [first, second] = args;
  if (isStandardContext(second)) return true;
  const isTarget = typeof first === 'function' || (typeof first === 'object' && first !== null);
  return (
    isTarget && (typeof second === 'string' || typeof second === 'symbol' || typeof first === 'function')
  );
}

/**
 * Tells the dialect by its arguments: a standard decorator gets `(value, context)`, a legacy one `(target)`,
 * `(target, name)` or `(target, name, descriptor)`.
 */
export function readDecorated(args: readonly unknown[]): Decorated {
  const [target, second, descriptor] = args;
  if (isStandardContext(second)) return readStandard(target, second);
  if (typeof second !== 'string' && typeof second !== 'symbol') {
    const { name } = target as ReproducerClass;
    return { kind: 'class', target: target as ReproducerClass, where: name === '' ? 'the class' : name };
  }
  const isStatic = typeof target === 'function';
  const carrier = isStatic ? target : (target as object).constructor;
  return {
    kind: legacyKind(descriptor as PropertyDescriptor | undefined),
    name: second,
    isStatic,
    isPrivate: false,
    carrier,
    where: `${carrier.name}.${String(second)}`,
  };
}

function isStandardContext(value: unknown): value is StandardContext {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'addInitializer' in value &&
    typeof value.addInitializer === 'function'
  );
}

const standardKinds: Readonly<Record<string, DecoratedMember['kind']>> = {
  method: 'method',
  field: 'property',
  accessor: 'accessor',
};

function readStandard(target: unknown, context: StandardContext): Decorated {
  const name = context.name ?? '';
  if (context.kind === 'class') {
    const where = name === '' ? 'the class' : String(name);
    const sourceName = name === '' ? {} : { sourceName: String(name) };
    return { kind: 'class', target: target as ReproducerClass, ...sourceName, where };
  }
  return {
    kind: standardKinds[context.kind] ?? 'getter or setter',
    name,
    isStatic: context.static ?? false,
    isPrivate: context.private ?? false,
    carrier: context.metadata,
    where: String(name),
  };
}

function legacyKind(descriptor: PropertyDescriptor | undefined): DecoratedMember['kind'] {
  if (typeof descriptor?.value === 'function') return 'method';
  return descriptor?.get !== undefined || descriptor?.set !== undefined ? 'getter or setter' : 'property';
}
