import { defineConfig } from 'vitest/config'

const project = (name: string, timeout: number, serial: boolean, extra = {}) => ({
  test: {
    ...extra,
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    pool: 'forks' as const,
    fileParallelism: !serial,
  },
})

export default defineConfig({
  test: {
    projects: [
      // One worker runs many files without loading the program for each: half the time of the whole run.
      project('unit', 60_000, false, { isolate: false }),
      project('integration', 60_000, true),
      project('e2e', 300_000, true, { globalSetup: 'test/support/e2e/setup.ts' }),
    ],
  },
})
