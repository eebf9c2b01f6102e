import { describe, expect, it } from 'vitest'
import { codesOf, planOf, planText } from '../../../support/plan-dockerfile.ts'

const text = 'FROM a\nWORKDIR /w\nCOPY a /a\nRUN x'

describe('build args with a meaning of their own', () => {
  it('are never unused', async () => {
    const names = [
      ...['BUILDKIT_INLINE_CACHE', 'BUILDKIT_SYNTAX', 'BUILDKIT_MULTI_PLATFORM', 'SOURCE_DATE_EPOCH'],
      ...['BUILDKIT_CONTEXT_KEEP_GIT_DIR', 'TARGETARCH', 'BUILDPLATFORM', 'Http_Proxy', 'all_proxy'],
    ]
    const buildArgs = Object.fromEntries([...names, 'MINE'].map((name) => [name, '1']))
    expect(await planText(text, { buildArgs })).toMatchObject({ unusedBuildArgs: ['MINE'] })
  })

  it('name the host of steps', async () => {
    const plan = await planOf(text, { buildArgs: { BUILDKIT_SANDBOX_HOSTNAME: 'h' } })
    expect(plan.vertices.at(-1)?.op).toMatchObject({ hostname: 'h' })
  })

  it('set the time of the image and of what has no source', async () => {
    for (const options of [{ buildArgs: { SOURCE_DATE_EPOCH: '1000' } }, {}]) {
      const plan = await planOf(`ARG SOURCE_DATE_EPOCH=1000\n${text}`, options)
      expect(plan.sourceDateEpoch).toBe(1000)
      expect(plan.vertices.flatMap(({ op }) => (op.kind === 'file' ? [op.timestamp] : []))).toEqual([
        1000, 1000,
      ])
    }
    expect(await planOf(text)).not.toHaveProperty('sourceDateEpoch')
    expect(await codesOf(text, { buildArgs: { SOURCE_DATE_EPOCH: 'soon' } })).toEqual([
      'bad-source-date-epoch',
    ])
    expect(await planOf(text, { buildArgs: { SOURCE_DATE_EPOCH: '' } })).not.toHaveProperty('sourceDateEpoch')
  })

  it('steer scans without being variables', async () => {
    const plan = await planOf('FROM a\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nRUN x')
    expect(plan.vertices.at(-1)?.op).not.toMatchObject({
      env: expect.arrayContaining(['BUILDKIT_SBOM_SCAN_STAGE=true']),
    })
    expect(plan.history.at(-1)?.created_by).toBe(
      'RUN |1 BUILDKIT_SBOM_SCAN_STAGE=true /bin/sh -c x # buildkit',
    )
  })

  it.each([
    ['FROM a', undefined, 'default'],
    ['FROM a AS last', undefined, 'last'],
    ['FROM a AS one\nARG TARGETSTAGE\nRUN x\nFROM one AS two', 'one', 'one'],
  ])('TARGETSTAGE of %j for --target %s is %s', async (stages, target, expected) => {
    const plan = await planOf(`${stages}\nARG TARGETSTAGE\nRUN x`, target === undefined ? {} : { target })
    expect(plan.history.at(-1)?.created_by).toContain(`TARGETSTAGE=${expected} `)
  })
})
