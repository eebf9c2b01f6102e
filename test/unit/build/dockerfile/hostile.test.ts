// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import { describe, expect, it } from 'vitest'
import { expand, parseDockerfile } from '../../../../src/build/dockerfile/index.ts'

const times = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join('')
const codes = async (text: string): Promise<readonly string[]> => {
  const { diagnostics } = await parseDockerfile(text, { file: 'Dockerfile' })
  return [...new Set(diagnostics.map(({ code }) => code))]
}

/** Each of these took minutes, or all memory, with a rule written carelessly. The limit is that of a test. */
describe('a hostile Dockerfile', () => {
  const cases: readonly (readonly [name: string, text: () => string, ...codes: string[]])[] = [
    ['10 MB', () => `FROM a\n${'RUN x\n'.repeat(1_700_000)}`, 'too-large'],
    ['one line of 5 MB', () => `FROM a\nRUN ${'x'.repeat(5 << 20)}`, 'too-large'],
    ['one line of 1 MB', () => `FROM a\nRUN ${'x'.repeat(1 << 20)}`, 'line-too-long'],
    ['10,000 stages', () => times(10_000, (at) => `FROM a AS s${at}\nRUN echo ${at}\n`)],
    ['too many stages', () => 'FROM a\n'.repeat(20_001), 'too-many-stages'],
    ['too many instructions', () => `FROM a\n${'RUN x\n'.repeat(100_000)}`, 'too-complex'],
    [
      'many flags',
      () => `FROM a\nCOPY ${'--link \\\n'.repeat(10_000)} a b`,
      'duplicate-flag',
      'too-many-problems',
    ],
    ['many mounts', () => `FROM a\nRUN ${'--mount=target=/x \\\n'.repeat(10_000)} a`],
    [
      'many comments and arguments',
      () => `${times(20_000, (at) => `# a${at} b\n`)}ARG ${times(9_000, (at) => `b${at} `)}\nFROM a\n`,
    ],
    ['a here-document without a name', () => `FROM a\nRUN <<${' '.repeat(60_000)}<\n`],
    [
      'a directive that nearly is one',
      () => `# escape= \\${' '.repeat(60_000)}x\nFROM a\n`,
      'bad-escape-directive',
    ],
    [
      'a duration without end',
      () => `FROM a\nHEALTHCHECK --interval=${'1'.repeat(60_000)} CMD a\n`,
      'bad-duration',
    ],
    ['a long unknown word', () => `FROM a\n${'F'.repeat(60_000)} a\n`, 'unknown-instruction'],
    ['deep JSON', () => `FROM a\nCMD ${'['.repeat(60_000)}\n`],
  ]
  for (const [name, text, ...expected] of cases)
    it(name, async () => {
      expect(await codes(text())).toEqual(expected)
    })

  it.each([
    ['nested variables', '${a:-'.repeat(10_000) + '}'.repeat(10_000), 'nested in each other'],
    ['a word that grows', '$A'.repeat(1_000), 'longer than'],
    ['a pattern of many stars', `\${A#${'*a'.repeat(5_000)}}`, 'too long to match'],
  ])('%s', (_name, text, message) => {
    const result = expand(text, { escape: '\\', lookup: () => 'a'.repeat(10_000) })
    expect(result.ok ? '' : result.message).toContain(message)
  })

  it('replaces nothing between all characters of a long value', () => {
    const result = expand('${A///-}', { escape: '\\', lookup: () => 'a'.repeat(100_000) })
    expect(result).toMatchObject({ ok: true, text: `${'-a'.repeat(100_000)}-` })
  })
})
