// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import { describe, expect, it } from 'vitest'
import { dockerfileLimits, parseDockerfile } from '../../../../src/build/dockerfile/index.ts'
import { codesOf, imageWith, planOf } from '../../../support/plan-dockerfile.ts'

/** Nothing in here may take longer; in fact all of it takes a small part of that. */
const bound = 120_000

const codes = async (text: string): Promise<readonly string[]> => [
  ...new Set((await codesOf(text)).map((each) => each.split('@')[0] ?? '')),
]

describe('hostile Dockerfiles', { timeout: bound }, () => {
  it('stops variables that double', async () => {
    const text = `FROM a\nENV A=xxxxxxxxxx\n${'ENV A=$A$A\n'.repeat(60)}`
    expect(await codes(text)).toEqual(['bad-word'])
  })

  it('stops many steps that carry a large environment', async () => {
    const text = `FROM a\nENV A=${'x'.repeat(60_000)}\n${'RUN x\n'.repeat(9_000)}`
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
    const { instructions, stages, textLength } = dockerfileLimits
    expect(await codes('FROM a\n'.repeat(stages + 1))).toEqual(['too-many-stages'])
    expect(await codes(`FROM a\n${'ENV A=b\n'.repeat(instructions + 1)}`)).toEqual(['too-complex'])
    expect(await codes(`FROM a\n${'#\n'.repeat(textLength / 2)}`)).toEqual(['too-large'])
  })

  it('follows long chains of stages', async () => {
    const chain = Array.from({ length: 9_999 }, (_, i) => `FROM s${i} AS s${i + 1}\nRUN ${i}\n`).join('')
    expect((await planOf(`FROM a AS s0\n${chain}`)).vertices).toHaveLength(10_000)
  })

  it('follows long chains of copies and mounts', async () => {
    const links = Array.from(
      { length: 2_999 },
      (_, i) =>
        `FROM a AS s${i + 1}\n${i % 2 ? `COPY --from=s${i} /f /f` : `RUN --mount=from=s${i},target=/t ${i}`}\n`,
    )
    expect((await planOf(`FROM a AS s0\n${links.join('')}`)).vertices).toHaveLength(3_000)
  })

  it('plans thousands of stages that have nothing to do with each other', async () => {
    const stages = Array.from({ length: 2_000 }, (_, i) => `FROM a${i} AS s${i}\nRUN ${i}\n`)
    const copies = stages.map((_, i) => `COPY --from=s${i} /f /f${i}\n`)
    const text = `${stages.join('')}FROM a\n${copies.join('')}`
    expect((await planOf(text)).vertices.length).toBeGreaterThan(4_000)
  })

  it('stops ports that are inherited again and again', async () => {
    const chain = Array.from({ length: 2_999 }, (_, i) => `FROM s${i} AS s${i + 1}\n`).join('')
    expect(await codes(`FROM a AS s0\nEXPOSE 0-65535\n${chain}`)).toEqual(['too-complex'])
    expect(await codes(`FROM a\n${'EXPOSE 0-65535\n'.repeat(1_000)}`)).toEqual(['too-complex'])
  })

  it('finds thousands of mistakes without losing time on each', async () => {
    const { diagnostics } = await parseDockerfile(`FROM a\n${'COPY --form=x a b\n'.repeat(9_000)}`, {
      file: 'D',
    })
    expect(diagnostics.length).toBeGreaterThan(1_000)
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
