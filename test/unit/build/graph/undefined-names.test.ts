// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import { describe, expect, it } from 'vitest'
import { imageWith, type PlanOptions, planText } from '../../../support/plan-dockerfile.ts'

/** Lines and messages of all warnings. */
const warnings = async (text: string, options: PlanOptions = {}): Promise<readonly string[]> => {
  const outcome = await planText(text, options)
  if (outcome.kind !== 'plan') throw new Error(JSON.stringify(outcome))
  return outcome.diagnostics.map(({ code, range, message }) => `${range?.start.line} ${code}: ${message}`)
}

describe('warnings', () => {
  it('name variables that nothing sets, once for every instruction', async () => {
    expect(await warnings('FROM a\nENV A=$B C=$B${D:-x}\nRUN $NOT_OURS\nUSER $B')).toEqual([
      "2 UndefinedVar: Usage of undefined variable '$B'",
      "2 UndefinedVar: Usage of undefined variable '$D'",
      "4 UndefinedVar: Usage of undefined variable '$B' (did you mean $A?)",
    ])
  })

  it.each([
    'ENV A=1\nLABEL a=$A',
    'ARG A\nLABEL a=$A',
    'ARG A=1\nWORKDIR /$A',
    'LABEL a=$PATH',
    "LABEL a='$A'",
    'LABEL a=\\$A',
    'CMD $A',
    'COPY <<"E" /e\n$A\nE',
  ])('do not mind %j', async (text) => {
    expect(await warnings(`FROM a\n${text}`)).toEqual([])
  })

  it('look into here-documents, --mount, --exclude and ports', async () => {
    const text =
      'FROM a\nCOPY --exclude=$A <<E /e\n$B\nE\nRUN --mount=type=tmpfs,target=/t$C x\nEXPOSE 8${D}0'
    expect((await warnings(text)).map((each) => each.split("'")[1])).toEqual(['$A', '$B', '$C', '$D'])
  })

  it('name args of FROM that are not declared before it', async () => {
    expect(await warnings('ARG NONE\nARG YES=1\nFROM a${NONE}${YE}\nRUN x')).toEqual([
      "3 UndefinedArgInFrom: FROM argument 'YE' is not declared (did you mean YES?)",
    ])
    expect(await warnings('FROM --platform=${P:-linux/amd64} a')).toEqual([
      "1 UndefinedArgInFrom: FROM argument 'P' is not declared",
    ])
  })

  it('name images for another machine', async () => {
    const arm = imageWith({})
    const images = { arm: { ...arm, config: { ...arm.config, architecture: 'arm64' } } }
    expect(await warnings('FROM arm\nCOPY --from=arm /x /x', { images })).toEqual([
      '1 InvalidBaseImagePlatform: Base image arm was pulled with platform "linux/arm64", expected "linux/amd64" for current build',
      '2 InvalidBaseImagePlatform: Base image arm was pulled with platform "linux/arm64", expected "linux/amd64" for current build',
    ])
    expect(await warnings('FROM --platform=linux/arm64 arm', { images })).toEqual([])
  })

  it('name a relative WORKDIR that stands on nothing of this file', async () => {
    const relative = 'Relative workdir "d" can have unexpected results if the base image changes'
    expect(await warnings('FROM a\nWORKDIR d\nWORKDIR e')).toEqual([`2 WorkdirRelativePath: ${relative}`])
    expect(await warnings('FROM a AS s\nWORKDIR /w\nFROM s\nWORKDIR d')).toEqual([])
  })

  it('name what EXPOSE does nothing with', async () => {
    expect(
      (await warnings('FROM a\nEXPOSE 80/TCP 127.0.0.1:1:2 3')).map((each) => each.split(':')[0]),
    ).toEqual(['2 ExposeInvalidFormat', '2 ExposeProtoCasing'])
  })

  it('come from all stages when they are asked for', async () => {
    const text = 'FROM gone AS s\nUSER $A\nFROM a\nUSER $B'
    expect(await warnings(text)).toHaveLength(1)
    const missingImages = new Set(['gone'])
    expect(await warnings(text, { allStages: true, missingImages })).toHaveLength(2)
  })
})
