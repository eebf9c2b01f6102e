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
      project('unit', 10_000, false),
      project('integration', 60_000, true),
      project('e2e', 300_000, true, { globalSetup: 'test/support/e2e/setup.ts' }),
    ],
  },
})
