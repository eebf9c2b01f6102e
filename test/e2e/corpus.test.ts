import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeBase } from '../differential/base.ts'
import { type Builder, makeOurs, removeBridge } from '../differential/builders.ts'
import { readCases } from '../differential/cases.ts'
import { buildCase, formatDifference, judge, type Rig } from '../differential/compare.ts'
import { readGolden } from '../differential/golden.ts'
import { startServer } from '../differential/server.ts'

/** What docker made of every case of the corpus, recorded by `npm run differential`, is what tsbuild makes of it. */

const cases = readCases(join(import.meta.dirname, '../../fixtures/dockerfiles'))
const work = mkdtempSync(join(tmpdir(), 'tsbuild-corpus-'))
let rig: Rig
let tsbuild: Builder

beforeAll(async () => {
  const base = makeBase(work)
  rig = { work, base, server: await startServer(join(work, 'contexts')) }
  tsbuild = makeOurs(work, base)
})

afterAll(() => {
  rig.server.close()
  removeBridge(work)
  rmSync(work, { recursive: true, force: true })
})

describe.runIf(process.arch === 'x64').concurrent('corpus', () => {
  it.each(cases.map((test) => [test.name, test] as const))('%s', async (_, test) => {
    const golden = readGolden(test)
    if (!golden) throw new Error(`${test.name} has no expected.json: npm run differential -- --record --new`)
    const { unjustified } = judge(test, golden.result, await buildCase(test, tsbuild, rig), rig)
    expect(unjustified.map(formatDifference)).toEqual([])
  })
})
