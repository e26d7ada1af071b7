import { isReproducerClass } from '../../definition/find-reproducer-classes.js';
import type { ReproducerClass } from '../../definition/reproducer-definition.js';
import { ConfigError } from '../../errors.js';
import { allExports, loadModuleAgain } from '../load-module.js';
import { awaitClass, type ClassOffer } from './class-offer.js';
import type { ChildStart } from './child-start.js';

/** A module that was loaded may take so long to get to `runReproducer`. */
const offerMs = 10_000;

/**
 * Loads the module with the class, in a child: the class is what the module hands to `runReproducer` or `createReproducer`, with the
 * `create` that stands there, or what it exports under this name.
 *
 * @throws {ConfigError} there is no such class
 */
export async function findClass(start: ChildStart): Promise<ClassOffer> {
  const { modulePath, className, needsCreate, registersTypeScript } = start;
  // `await runReproducer(...)` never returns in a child, so the module may never be loaded to its end.
  const offered = awaitClass(className);
  const exported = loadModuleAgain(modulePath, registersTypeScript).then(exports => {
    const target = Object.values(allExports(exports)).find(
      value => isReproducerClass(value) && value.name === className,
    );
    return needsCreate || target === undefined
      ? undefined
      : { target: target as ReproducerClass, options: {} };
  });
  const found = await Promise.race([offered, exported]);
  if (found !== undefined) return found;
  const late = new Promise<undefined>(resolve => setTimeout(resolve, offerMs, undefined));
  const offer = await Promise.race([offered, late]);
  if (offer !== undefined) return offer;
  throw new ConfigError(notFound(start));
}

function notFound({ modulePath, className, needsCreate }: ChildStart): string {
  const where = `--isolation: in the thread or process that is to call the method, ${modulePath}`;
  return needsCreate
    ? `${where} was loaded and did not call runReproducer or createReproducer with ${className}, which is where create stands. ` +
        'Name the module that does in the options, as in module: import.meta, or do without create'
    : `${where} was loaded and has no class ${className}: it neither exports it nor hands it to runReproducer. ` +
        `Export ${className}, and name the module that does in the options, as in module: new URL('./my-class.js', import.meta.url)`;
}
