import { expect, it } from 'vitest';
import { FileProcessor, Reproducer } from '../../decorators/index.js';
import { findReproducerClasses, isReproducerClass } from '../../src/definition/find-reproducer-classes.js';

class Plain {
  readonly name = 'plain';
}
@Reproducer()
class Base extends Plain {}
class Derived extends Base {}
@FileProcessor()
class Archive {
  readonly folder = 'archive';
}

it('knows decorated classes, by inheritance too', () => {
  const values = [Base, Derived, Archive, Plain, new Base(), () => 1, null, 'Base'];
  expect(values.map(isReproducerClass)).toEqual([true, true, true, false, false, false, false, false]);
});

it('finds each class once and leaves out what another one extends', () => {
  const moduleExports = { Base, default: Derived, Derived, Plain, Archive, version: 1 };
  expect(findReproducerClasses(moduleExports)).toEqual([Derived, Archive]);
  expect(findReproducerClasses({ Base, Plain })).toEqual([Base]);
});

it('knows a class whose decorator is written wrongly, so that its mistakes are told', () => {
  class Misused {
    readonly name = 'misused';
  }
  expect((Reproducer as unknown as (target: object) => unknown)(Misused)).toBeUndefined();
  expect(isReproducerClass(Misused)).toBe(true);
});
