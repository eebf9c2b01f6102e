import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const project = join(import.meta.dirname, '../../..')

const bench = (...words: readonly string[]): string =>
  execFileSync(process.execPath, [join(project, 'bench/run.mjs'), ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

it('README and docs/performance.md show what the published results say', () => {
  const results = join(project, 'bench/results')
  // What somebody measured here besides is not published.
  const published = readdirSync(results).filter((name) => /^(comparison|scaling)\.json$/.test(name))
  expect(published).toContain('comparison.json')
  for (const name of published) expect(bench('--report', join(results, name), '--check'), name).toBe('')
})

it('judges each row by its target, and knows no target where there is nothing to compare with', () => {
  const table = bench('--report', join(project, 'fixtures/bench/results.json'), '--text')
  expect(table).toBe(readFileSync(join(project, 'fixtures/bench/table.txt'), 'utf8'))
})
