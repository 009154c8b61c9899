import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import regexp from 'eslint-plugin-regexp'
import globals from 'globals'
import tseslint from 'typescript-eslint'

export default defineConfig([
  globalIgnores([
    '**/dist/',
    '**/.wrangler/',
    'coverage/',
    '**/.sealgate/',
    '**/*.d.ts',
    // Needs a package that this repository does not: the lint of a project with MCP looks at it.
    'packages/cli/templates/project/services/mcp/',
    // As their authors wrote them.
    'test/support/seeds/',
    'vitest.config.ts',
  ]),
  js.configs.recommended,
  {
    // Regular expressions take time in proportion to their input: no repetition that is tried again from each place
    // (\s+$), and none within another (test/house/lint.test.ts).
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'certain' }],
      'regexp/no-super-linear-move': ['error', { report: 'certain' }],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    // What is long enough on one machine is too short on the next: test/support/setup/patience.ts says how patient tests are.
    files: ['**/*.test.ts'],
    ignores: ['packages/cli/templates/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Property[key.name="timeout"] > Literal',
          message: 'Leave the limit to test/support/setup/patience.ts.',
        },
        {
          selector:
            'CallExpression[callee.name!=/^(set(Timeout|Interval)|until)$/] > :function + Literal[raw=/^[0-9_]{3,}$/]',
          message: 'Leave the limit to test/support/setup/patience.ts.',
        },
      ],
    },
  },
  {
    // The consumer's page: types are checked by workers/consumer/tsconfig.page.json.
    files: ['workers/consumer/public/**/*.js'],
    languageOptions: { globals: globals.browser },
    rules: { eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
  {
    // What ships as it is, and this repository's own configuration.
    files: ['packages/**/*.js', '*.js', '*.mjs'],
    languageOptions: { globals: { ...globals.node, WebSocketPair: 'readonly' } },
    rules: { eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
])
