import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * Which folders of src/ a folder may import from (its own is always allowed). One direction: bytes come in on the left,
 * results go out on the right, nothing points back. `types:` marks folders of which only types may be imported.
 */
const mayImport = {
  definition: { folders: [], types: ['processing'] },
  wire: { folders: [], types: [] },
  offsets: { folders: [], types: [] },
  assembly: { folders: ['wire'], types: [] },
  compression: { folders: [], types: [] },
  kafka: { folders: ['compression'], types: [] },
  processing: { folders: ['definition', 'wire'], types: ['config'] },
  failures: { folders: ['wire'], types: ['processing'] },
  engine: {
    folders: ['wire', 'offsets', 'assembly', 'kafka', 'processing', 'observe', 'failures'],
    types: ['config'],
  },
  config: { folders: ['definition'], types: ['kafka'] },
  observe: { folders: ['wire', 'registry'], types: ['engine', 'processing', 'config'] },
  registry: { folders: [], types: [] },
  bootstrap: {
    folders: ['definition', 'config', 'processing', 'engine', 'kafka', 'wire', 'observe'],
    types: [],
  },
  programs: {
    folders: [
      'definition',
      'config',
      'processing',
      'engine',
      'kafka',
      'wire',
      'offsets',
      'observe',
      'failures',
      'bootstrap',
      'registry',
      'embedded-kafka',
    ],
    types: [],
  },
  testing: {
    folders: [
      'definition',
      'wire',
      'offsets',
      'kafka',
      'processing',
      'engine',
      'observe',
      'bootstrap',
      'programs',
      'embedded-kafka',
    ],
    types: ['config'],
  },
  cli: { folders: ['bootstrap', 'config', 'programs', 'definition'], types: [] },
  'embedded-kafka': { folders: ['compression'], types: [] },
};
const folders = Object.keys(mayImport);

/** Packages that only one place may import. */
const owners = {
  kafkajs: ['src/kafka/kafkajs/'],
  'reflect-metadata': ['src/definition/'],
  'class-validator': ['src/config/'],
  commander: ['src/cli/', 'src/bootstrap/argument-parser.ts', 'src/bootstrap/class-argument-parser.ts'],
  pino: ['src/logger.ts'],
  'pino-pretty': ['src/logger.ts'],
};

const packagesForbiddenIn = path =>
  Object.entries(owners)
    .filter(([, places]) => !places.some(place => path.startsWith(place)))
    .map(([name, places]) => ({
      regex: `^${name}(/|$)`,
      message: `Only ${places.join(' and ')} may import ${name}.`,
    }));

const restricted = patterns => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });

/** @param path the places inside the folder that the rule is for, where they may import packages that the rest may not */
const folderRule = (folder, path = `src/${folder}/`, files = `${path}**/*.ts`) => {
  const { folders: allowed, types } = mayImport[folder];
  const patterns = packagesForbiddenIn(path);
  for (const other of folders) {
    if (other === folder || allowed.includes(other)) continue;
    patterns.push({
      group: [`../${other}/**`, `../../${other}/**`, `../../../${other}/**`],
      message: `src/${folder} must not import src/${other} (see mayImport in eslint.config.js).`,
      allowTypeImports: types.includes(other),
    });
  }
  patterns.push({
    group: ['**/decorators/**'],
    message: 'src never imports decorators; only src/index.ts re-exports them.',
  });
  return { files: [files], rules: restricted(patterns) };
};

/** In whichever way they are written. */
const allDefaultExports = {
  direct: true,
  named: true,
  defaultFrom: true,
  namedFrom: true,
  namespaceFrom: true,
};

// That no module imports itself by way of others is a test (test/imports), as the rule for it took a third of the linter's time.
export default tseslint.config(
  { ignores: ['dist/**', 'coverage/**', 'test/fixtures/**'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'no-restricted-exports': ['error', { restrictDefaultExports: allDefaultExports }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  { files: ['src/**/*.ts'], rules: restricted(packagesForbiddenIn('src/')) },
  { files: ['src/logger.ts'], rules: restricted(packagesForbiddenIn('src/logger.ts')) },
  ...folders.map(folder => folderRule(folder)),
  folderRule('kafka', 'src/kafka/kafkajs/'),
  folderRule('bootstrap', 'src/bootstrap/argument-parser.ts', 'src/bootstrap/{class-,}argument-parser.ts'),
  {
    files: ['decorators/**/*.ts'],
    rules: restricted([
      {
        group: folders.filter(folder => folder !== 'definition').map(folder => `../src/${folder}/**`),
        allowTypeImports: true,
        message: 'decorators import src/definition, src/errors and types.',
      },
    ]),
  },
  { files: ['*.config.{js,ts}'], rules: { 'no-restricted-exports': 'off' } },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
