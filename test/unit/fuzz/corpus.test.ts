import { describe, expect, it } from 'vitest'
import { readCorpus } from '../../fuzz/corpus.ts'
import { judge } from '../../fuzz/judge.ts'
import { targets } from '../../fuzz/targets.ts'

/** What the fuzzer found once, and where it begins: `npm run fuzz`. */
describe.each(targets)('$name', (target) => {
  it('reads its seeds and all that is kept', async () => {
    const outcomes = new Set<string>()
    for (const input of target.seeds()) for (const label of await judge(target, input)) outcomes.add(label)
    for (const [name, input] of readCorpus(target.name)) {
      const labels = await judge(target, input).catch((error: unknown) => {
        throw new Error(`fixtures/fuzz/${target.name}/${name}`, { cause: error })
      })
      for (const label of labels) outcomes.add(label)
    }
    expect(outcomes.size).toBeGreaterThan(2)
  })
})
