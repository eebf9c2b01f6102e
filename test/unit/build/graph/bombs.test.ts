// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import { describe, expect, it } from 'vitest'
import { parseDockerfile } from '../../../../src/build/dockerfile/index.ts'
import { codesOf, imageWith, planOf } from '../../../support/plan-dockerfile.ts'

/** Nothing in here may take longer; in fact all of it takes a small part of that. */
const bound = 8_000

const codes = async (text: string): Promise<readonly string[]> => [
  ...new Set((await codesOf(text)).map((each) => each.split('@')[0] ?? '')),
]

describe('hostile Dockerfiles', { timeout: bound }, () => {
  it('stops variables that double', async () => {
    const text = `FROM a\nENV A=xxxxxxxxxx\n${'ENV A=$A$A\n'.repeat(60)}`
    expect(await codes(text)).toEqual(['bad-word'])
  })

  it('stops many steps that carry a large environment', async () => {
    const text = `FROM a\nENV A=${'x'.repeat(100_000)}\n${'RUN x\n'.repeat(9_000)}`
    expect(await codes(text)).toEqual(['too-complex'])
  })

  it.each([
    ['ENV B=${A##*a*a*a*a*a*a*a*a*b}'],
    ['ENV B=${A%%*a*a*a*a*a*a*a*a*b}'],
    ['ENV B=${A//*a*a*a*a*b/x}'],
    ['ENV B=${A//a/aa}'],
  ])('matches %s in bounded time', async (line) => {
    expect((await codes(`FROM a\nENV A=${'a'.repeat(200_000)}\n${line}\n`)).length).toBeLessThanOrEqual(1)
  })

  it('refuses too many stages, instructions and characters', async () => {
    expect(await codes('FROM a\n'.repeat(2_000))).toEqual(['too-many-stages'])
    expect(await codes(`FROM a\n${'ENV A=b\n'.repeat(10_001)}`)).toEqual(['too-complex'])
    expect(await codes(`FROM a\nRUN ${'x'.repeat(1 << 20)}`)).toEqual(['too-large'])
  })

  it('follows long chains of stages', async () => {
    const chain = Array.from({ length: 999 }, (_, i) => `FROM s${i} AS s${i + 1}\nRUN ${i}\n`).join('')
    expect((await planOf(`FROM a AS s0\n${chain}`)).vertices).toHaveLength(1000)
  })

  it('finds thousands of mistakes without losing time on each', async () => {
    const { diagnostics } = await parseDockerfile(`FROM a\n${'COPY --form=x a b\n'.repeat(9_000)}`, {
      file: 'D',
    })
    expect(diagnostics).toHaveLength(9_000)
  })

  it.each([
    ['spaces after escapes', `RUN ${'\\ '.repeat(200_000)}x`],
    ['open quotes', `ENV A=${'"\''.repeat(200_000)}`],
    ['nested defaults', `ENV A=${'${A:-'.repeat(2_000)}${'}'.repeat(2_000)}`],
    ['here-document marks', `RUN ${'<<A '.repeat(50_000)}`],
    ['blank continuations', `RUN a \\\n${'\n'.repeat(400_000)}b`],
    ['comment continuations', `RUN a \\\n${'#\n'.repeat(300_000)}b`],
  ])('reads %s in bounded time', async (_, line) => {
    expect(await codes(`FROM a\n${line}\n`)).toBeDefined()
  })

  it('takes many triggers of a base image', async () => {
    const base = imageWith({ OnBuild: Array.from({ length: 2_000 }, (_, i) => `RUN ${i}`) })
    expect((await planOf('FROM base\n', { images: { base } })).vertices).toHaveLength(2_001)
  })
})
