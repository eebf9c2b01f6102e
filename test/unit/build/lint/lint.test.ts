// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import { describe, expect, it } from 'vitest'
import { checkText, namesOf } from './check-text.ts'
import cases from './docker-checks.json' with { type: 'json' }

describe('checks that docker has', () => {
  it.each(cases.map((each) => [each.name, each] as const))('%s: as docker', async (_, each) => {
    const { findings } = await checkText(each.dockerfile)
    const found = findings.map(({ code, range, message }) => [
      code,
      range?.start.line,
      range?.end.line,
      message,
    ])
    const sorted = (list: readonly unknown[]): readonly string[] =>
      list.map((item) => JSON.stringify(item)).sort()
    expect(sorted(found)).toEqual(sorted(each.warnings))
  })

  it('looks at stages that the target does not need only when there is no target', async () => {
    const text = 'FROM scratch AS a\nCMD x\nFROM scratch AS b\nCMD y\nFROM a AS c\nCMD z\n'
    expect(namesOf(await checkText(text))).toHaveLength(3)
    expect(namesOf(await checkText(text, { target: 'b' }))).toEqual(['JSONArgsRecommended:4'])
    expect(namesOf(await checkText(text, { target: 'c' }))).toEqual([
      'JSONArgsRecommended:2',
      'JSONArgsRecommended:6',
    ])
  })

  it('follows COPY --from and RUN --mount to the stages that are needed', async () => {
    const text =
      'FROM scratch AS a\nCMD x\nFROM scratch AS b\nCMD y\nFROM scratch AS c\nCOPY --from=a / /\nRUN --mount=from=1,target=/x y\n'
    expect(namesOf(await checkText(text, { target: 'c' }))).toEqual([
      'JSONArgsRecommended:2',
      'JSONArgsRecommended:4',
    ])
  })
})

describe('settings', () => {
  it('skips by directive, and by build arg in its place', async () => {
    const text = '# check=skip=StageNameCasing\nFROM scratch AS A\nCMD a\n'
    expect(namesOf(await checkText(text))).toEqual(['JSONArgsRecommended:3'])
    const buildArgs = { BUILDKIT_DOCKERFILE_CHECK: 'skip=JSONArgsRecommended' }
    expect(namesOf(await checkText(text, { buildArgs }))).toEqual(['StageNameCasing:2'])
    const all = { BUILDKIT_DOCKERFILE_CHECK: 'skip=all;error=true' }
    expect(await checkText(text, { buildArgs: all })).toMatchObject({
      findings: [],
      settings: { error: true },
    })
  })

  it.each([
    ['skip=all // why', []],
    ['skip=all;skip=StageNameCasing', []],
    ['skip=StageNameCasing, JSONArgsRecommended', ['JSONArgsRecommended:3']],
  ])('reads the directive %s as docker does', async (value, left) => {
    expect(namesOf(await checkText(`# check=${value}\nFROM scratch AS A\nCMD a\n`))).toEqual(left)
  })

  it.each(['foo=bar', 'skip', 'error=maybe'])('refuses %s', async (value) => {
    const { problem } = await checkText('FROM scratch\n', {
      buildArgs: { BUILDKIT_DOCKERFILE_CHECK: value },
    })
    expect(problem?.code).toBe('bad-check-option')
  })

  it('runs experimental checks only when asked, also when all others are skipped', async () => {
    const text = 'FROM scratch\n# nothing of the kind\nARG foo\n'
    expect(namesOf(await checkText(text))).toEqual([])
    const buildArgs = { BUILDKIT_DOCKERFILE_CHECK: 'skip=all;experimental=InvalidDefinitionDescription' }
    expect(namesOf(await checkText(text, { buildArgs }))).toEqual(['InvalidDefinitionDescription:3'])
  })

  it('skips one check for one instruction by a comment above it', async () => {
    const text =
      'FROM scratch AS a\n# why not\n# check=skip=JSONArgsRecommended,UndefinedVar\nCMD x\nFROM scratch AS b\nCMD y\n'
    expect(namesOf(await checkText(text))).toEqual(['JSONArgsRecommended:6'])
  })

  it('takes no comment of a here-document for one of its own', async () => {
    const text = 'FROM scratch AS a\nRUN <<EOF\n# check=skip=all\nEOF\nCMD x\n'
    expect(namesOf(await checkText(text))).toEqual(['JSONArgsRecommended:5'])
  })
})

it('says why a list is not taken for JSON', async () => {
  const { findings } = await checkText("FROM scratch\nCMD ['a', 'b']\n")
  expect(findings).toMatchObject([{ code: 'JSONArgsRecommended', hint: expect.stringContaining('no JSON') }])
})

describe('hostile files', () => {
  it('takes thousands of stages and names of Object.prototype', async () => {
    const stages = Array.from({ length: 2000 }, (_, i) => `FROM scratch AS s${i}\nCMD x`).join('\n')
    expect((await checkText(stages)).findings).toHaveLength(2000)
    expect(namesOf(await checkText('ARG constructor\nFROM ${constructor}\n'))).toContain(
      'InvalidDefaultArgInFrom:2',
    )
  })
})
