import { describe, expect, it } from 'vitest'
import type { ContextSource } from '../../../../src/build/graph/index.ts'
import { codesOf, type PlanOptions, planOf, planText } from '../../../support/plan-dockerfile.ts'

const asked = async (text: string, options: PlanOptions = {}): Promise<unknown> => {
  const outcome = await planText(text, options)
  return outcome.kind === 'needs-time' ? outcome.of : outcome
}

const stage = 'FROM scratch AS Source\nARG V=1\nADD https://example.com/$V.tar /\n'
const rest = 'FROM a\nARG SOURCE_DATE_EPOCH\nRUN x'
const by = (name: string, more: PlanOptions = {}): PlanOptions => ({
  ...more,
  buildArgs: { SOURCE_DATE_EPOCH: name, ...more.buildArgs },
})

describe('SOURCE_DATE_EPOCH', () => {
  it('asks for the time of the context, of a named context before a stage, of a stage', async () => {
    expect(await asked(rest, by('context'))).toEqual({ kind: 'context', name: '' })
    expect(await asked(`ARG SOURCE_DATE_EPOCH=context\n${rest}`)).toEqual({ kind: 'context', name: '' })
    const contexts = new Map<string, ContextSource>([['source', { kind: 'local' }]])
    expect(await asked(stage + rest, by('source', { contexts }))).toEqual({ kind: 'context', name: 'source' })
    expect(await asked(stage + rest, by('SOURCE'))).toEqual({
      kind: 'remote',
      op: { kind: 'http', url: 'https://example.com/1.tar', filename: '1.tar' },
    })
    expect(await asked(stage + rest, by('source', { buildArgs: { V: '2' } }))).toMatchObject({
      op: { filename: '2.tar' },
    })
    const git = 'FROM scratch AS g\nADD --keep-git-dir=true https://example.com/r.git#main:sub /x\n'
    expect(await asked(git + rest, by('g'))).toEqual({
      kind: 'remote',
      op: { kind: 'git', remote: 'https://example.com/r.git', ref: 'main', subdir: 'sub', keepGitDir: true },
    })
  })

  it.each([by('context', { sourceTime: 77 }), { sourceTime: 77 }])(
    'is the answer for stages',
    async (options) => {
      const plan = await planOf(`ARG SOURCE_DATE_EPOCH=context\n${rest}`, options)
      expect(plan.sourceDateEpoch).toBe(77)
      expect(plan.history.at(-1)?.created_by).toContain('|1 SOURCE_DATE_EPOCH=77 ')
    },
  )

  it('is not set when there is no time', async () => {
    const plan = await planOf(rest, by('context', { sourceTime: 'none' }))
    expect(plan.sourceDateEpoch).toBeUndefined()
    expect(plan.history.at(-1)?.created_by).toContain('|1 SOURCE_DATE_EPOCH= ')
  })

  it.each([
    ['FROM busybox AS source\nADD https://example.com/a /\n', '1:0-1:22'],
    ['FROM scratch AS source\nWORKDIR /a\nADD https://example.com/a /\n', '2:0-2:10'],
    ['FROM scratch AS source\nADD https://example.com/a /\nADD https://example.com/b /\n', '3:0-3:27'],
    ['FROM scratch AS source\nADD https://example.com/a https://example.com/b /\n', '2:0-2:49'],
    ['FROM scratch AS source\nADD file /\n', '2:0-2:10'],
    ['FROM scratch AS source\nADD <<E /a\nE\n', '2:0-3:1'],
    ['FROM scratch AS source\nARG A\n', '1:0-1:22'],
  ])('is refused for the stage %j', async (text, place) => {
    expect(await codesOf(text + rest, by('source'))).toEqual([`bad-source-date-epoch@${place}`])
  })

  it('is refused where nothing has that name', async () => {
    expect(await codesOf(`ARG A\nARG SOURCE_DATE_EPOCH=nothing\n${rest}`)).toEqual([
      'bad-source-date-epoch@2:0-2:29',
    ])
    expect(await codesOf(rest, by('nothing'))).toEqual(['bad-source-date-epoch'])
  })
})
