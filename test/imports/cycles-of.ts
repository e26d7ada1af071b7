import { build } from 'esbuild';

/**
 * Groups of modules that import each other, directly or by way of others; imports of types alone do not count.
 *
 * @param root folder that the paths are relative to
 * @param files TypeScript modules; what they import is looked at as well
 * @returns one sorted list of paths per group, in no order
 */
export async function cyclesOf(root: string, files: readonly string[]): Promise<string[][]> {
  return entangled(await importsOf(root, files));
}

/** What each module imports from other modules of the project when it runs. */
async function importsOf(
  root: string,
  files: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { metafile } = await build({
    stdin: {
      contents: files.map(file => `import './${file}';`).join('\n'),
      resolveDir: root,
      sourcefile: '<all>',
    },
    absWorkingDir: root,
    // Not that of the project, which keeps `import {} from` where only types were imported.
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    ...{ bundle: true, platform: 'node', format: 'esm', packages: 'external', write: false, metafile: true },
    logLevel: 'silent',
  });
  return new Map(
    Object.entries(metafile.inputs).map(([path, { imports }]) => [
      path,
      imports.filter(({ external }) => external !== true).map(imported => imported.path),
    ]),
  );
}

/** Tarjan's strongly connected components, without those of one module. */
function entangled(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const numbers = new Map<string, number>();
  const open: string[] = [];
  /** @returns the lowest number that can be reached */
  const visit = (path: string): number => {
    const number = numbers.size;
    numbers.set(path, number);
    let lowest = number;
    open.push(path);
    for (const next of imports.get(path) ?? []) {
      const known = numbers.get(next);
      if (known === undefined) lowest = Math.min(lowest, visit(next));
      else if (open.includes(next)) lowest = Math.min(lowest, known);
    }
    if (lowest < number) return lowest;
    const group = open.splice(open.indexOf(path));
    if (group.length > 1) found.push(group.sort());
    return lowest;
  };
  for (const path of imports.keys()) if (!numbers.has(path)) visit(path);
  return found;
}
