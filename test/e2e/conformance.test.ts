import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { formatDifference, judge } from '../conformance/compare.ts'
import { readGolden, recordedAnswers } from '../conformance/golden.ts'
import { readSequences } from '../conformance/read-sequences.ts'
import { imageName, runSequence } from '../conformance/run-sequence.ts'
import { makeOurs } from '../conformance/runners.ts'
import type { Runner } from '../conformance/types.ts'
import { makeBase } from '../differential/base.ts'
import { watchLeftovers } from '../support/e2e/containers.ts'

/** What docker answered to every sequence, recorded by `npm run conformance`, is what tsrun answers. */

const checkLeftovers = watchLeftovers()
const work = mkdtempSync(join(tmpdir(), 'tsbuild-conformance-'))
let tsrun: Runner

beforeAll(() => {
  tsrun = makeOurs(inject('storeRoot'), inject('runRoot'), makeBase(work, imageName))
})

afterAll(() => {
  rmSync(work, { recursive: true, force: true })
  checkLeftovers()
})

const sequences = readSequences()

describe.runIf(process.arch === 'x64').concurrent('conformance', () => {
  it.each(sequences.map((sequence) => [`${sequence.area}/${sequence.name}`, sequence] as const))(
    '%s',
    async (_, sequence) => {
      const answers = recordedAnswers(readGolden(sequence.area), sequence)
      if (!answers) throw new Error('nothing recorded for its steps: npm run conformance -- --record --new')
      const { unjustified, stale } = judge(sequence, answers, await runSequence(sequence, tsrun, work))
      expect({ different: unjustified.map(formatDifference), stale }).toEqual({ different: [], stale: [] })
    },
  )
})
