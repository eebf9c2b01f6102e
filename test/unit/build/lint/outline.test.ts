// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import { describe, expect, it } from 'vitest'
import { parseDockerfile } from '../../../../src/build/dockerfile/index.ts'
import { listTargets, outlineTarget } from '../../../../src/build/lint/index.ts'

const platform = { os: 'linux', architecture: 'amd64' }

const outline = async (text: string, options: { target?: string; buildArgs?: Record<string, string> } = {}) =>
  outlineTarget({
    text,
    dockerfile: await parseDockerfile(text, { file: 'Dockerfile' }),
    buildArgs: {},
    platform,
    ...options,
  })

describe('outline', () => {
  it('lists ARGs of the stages that are needed, with values and descriptions', async () => {
    const text = [
      'ARG X=1',
      'ARG Z=3',
      'ARG Q',
      'FROM scratch AS base',
      'ARG Z',
      'ARG TARGETPLATFORM',
      '# Q the q',
      'ARG Q',
      'ENV E=5',
      'ARG W=$E$Z',
      'FROM scratch AS unused',
      'ARG NOPE',
      '# final it is the end',
      'FROM base AS final',
      'ARG X=9',
      'ARG V=${W}',
    ].join('\n')
    const found = await outline(text, { buildArgs: { Q: '7' } })
    expect(found).toMatchObject({ name: 'final', description: 'it is the end' })
    expect(found?.args.map(({ name, value, range }) => [name, value, range.start.line])).toEqual([
      ['Z', '3', 2],
      ['Q', '7', 8],
      ['W', '53', 10],
      ['X', '9', 15],
      ['V', '53', 16],
    ])
    expect(found?.args[1]?.description).toBe('the q')
  })

  it('lists global ARGs that FROM uses, and those that these use', async () => {
    const found = await outline('ARG A=busybox\nARG N=1\nARG REF=${A}:1\nFROM ${REF}\n')
    expect(found?.args.map(({ name, value }) => [name, value])).toEqual([
      ['A', 'busybox'],
      ['REF', 'busybox:1'],
    ])
  })

  it('puts variables into the names of secrets', async () => {
    const text =
      'FROM scratch AS a\nARG N=1\nRUN --mount=type=secret,id=s${N} x\nFROM a\nRUN --mount=type=ssh,id=$N-k y\n'
    const found = await outline(text, { buildArgs: { N: '7' } })
    expect(found?.secrets.map(({ name }) => name)).toEqual(['s7'])
    expect(found?.ssh.map(({ name }) => name)).toEqual(['7-k'])
  })

  it('lists secrets, agents and caches once each', async () => {
    const found = await outline(
      'FROM scratch\nRUN --mount=type=secret,id=a --mount=type=ssh --mount=type=cache,target=/c x\nRUN --mount=type=secret,id=a,required --mount=type=secret,target=/x/y,required z\n',
    )
    expect(found?.secrets.map(({ name, required }) => [name, required])).toEqual([
      ['a', false],
      ['y', true],
    ])
    expect(found?.ssh.map(({ name }) => name)).toEqual(['default'])
    expect(found?.caches.map(({ id }) => id)).toEqual(['/c'])
  })

  it('knows no target that is not there', async () => {
    expect(await outline('FROM scratch AS a\n', { target: 'b' })).toBeUndefined()
  })
})

it('lists targets', async () => {
  const text = '# base is base\nFROM busybox:1.35 AS base\n# other\nFROM --platform=linux/arm64 base\n'
  const dockerfile = await parseDockerfile(text, { file: 'Dockerfile' })
  const range = expect.anything()
  expect(listTargets({ text, dockerfile })).toEqual([
    { name: 'base', isDefault: false, description: 'is base', base: 'busybox:1.35', range },
    { isDefault: true, base: 'base', platform: 'linux/arm64', range },
  ])
})
