/** One Jest for the whole repository: `unit` beside the sources, `e2e` in each package's test folder. */
const base = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@penstock/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Compiled output holds copies of every package.json name; without this Jest sees each module twice.
  modulePathIgnorePatterns: ['/dist/', '/dist-spec/', '<rootDir>/.local/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

export default {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs,tools}/*/src/**/*.spec.ts'],
    },
    {
      ...base,
      displayName: 'e2e',
      testMatch: ['<rootDir>/{apps,libs,tools}/*/test/**/*.e2e.spec.ts'],
      // Compiled: Jest loads these outside its own module system, where our TypeScript would not run.
      globalSetup: '<rootDir>/libs/testing/dist/jest-global-setup.js',
      globalTeardown: '<rootDir>/libs/testing/dist/jest-global-teardown.js',
      setupFilesAfterEnv: ['<rootDir>/libs/testing/src/jest-e2e-setup.ts'],
    },
  ],
};
