// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import { describe, expect, it } from 'vitest'
import { applyFixes } from '../../../../src/build/lint/index.ts'
import { checkText, namesOf, planText } from './check-text.ts'
import cases from './docker-checks.json' with { type: 'json' }

const fixAll = async (text: string): Promise<string> => {
  let current = text
  for (let round = 0; round < 10; round++) {
    const outcome = applyFixes(current, (await checkText(current)).findings)
    if (outcome.fixed.length === 0) return current
    current = outcome.text
  }
  throw new Error('fixes never end')
}

/** What a plan does, without where it is written and how steps are called. */
const workOf = async (text: string): Promise<unknown> => {
  const outcome = await planText(text)
  if (outcome.kind === 'needs-time') return outcome
  if (outcome.kind !== 'plan') return outcome.diagnostics.map((each) => each.code)
  const { vertices, config, history } = outcome.plan
  return { ops: vertices.map((vertex) => vertex.op), config, history: history.map((each) => each.created_by) }
}

describe('fixes', () => {
  it.each([
    ['from scratch AS A\nCOPY a /\nCOPY b /\n', 'FROM scratch AS a\nCOPY a /\nCOPY b /\n'],
    ['From scratch as b\ncopy a /\n', 'from scratch as b\ncopy a /\n'],
    ['FROM scratch\nENV A b  c\nLABEL x\ty\n', 'FROM scratch\nENV A="b  c"\nLABEL x=y\n'],
    ['FROM scratch\nENV A "b c"\n', 'FROM scratch\nENV A "b c"\n'],
    ['FROM scratch\nENV A "b"\n', 'FROM scratch\nENV A="b"\n'],
    ['FROM scratch\nRUN a \\\n\n# x\n b\n', 'FROM scratch\nRUN a \\\n# x\n b\n'],
    [
      'FROM scratch\nMAINTAINER a "b" c\n',
      `FROM scratch\nLABEL org.opencontainers.image.authors='a "b" c'\n`,
    ],
    ['FROM scratch\nMAINTAINER a $b\n', `FROM scratch\nLABEL org.opencontainers.image.authors='a $b'\n`],
    [`FROM scratch\nMAINTAINER it's $b\n`, `FROM scratch\nMAINTAINER it's $b\n`],
    ['FROM --platform=${TARGETPLATFORM}  scratch\n', 'FROM scratch\n'],
    ['FROM scratch\nEXPOSE 1/TCP 2/udp 1/TCP\n', 'FROM scratch\nEXPOSE 1/tcp 2/udp 1/tcp\n'],
    ['\uFEFFFROM scratch AS A\r\nENV A b\r\n', '\uFEFFFROM scratch AS a\r\nENV A=b\r\n'],
    ['FROM scratch\nWORKDIR a\nCMD b\n', 'FROM scratch\nWORKDIR a\nCMD b\n'],
  ])('%j', async (text, expected) => {
    expect(await fixAll(text)).toBe(expected)
  })

  it.each(cases.map((each) => [each.name, each.dockerfile] as const))(
    '%s: twice is once, and the build stays the same',
    async (_, text) => {
      const once = await fixAll(text)
      expect(await fixAll(once)).toBe(once)
      if (!/^\s*maintainer/im.test(text)) expect(await workOf(once)).toEqual(await workOf(text))
    },
  )

  it('leaves nothing to fix where it changed something', async () => {
    const text = 'frOM scratch As Foo\nCOPY a /\nEnv A b c\nMaintainer x\n'
    const fixed = await fixAll(text)
    expect(namesOf(await checkText(fixed))).toEqual([])
  })

  it('makes no half of a fix that overlaps another', () => {
    const edit = (from: number, to: number, text: string) => ({
      range: { start: { line: 1, column: from }, end: { line: 1, column: to } },
      text,
    })
    const diagnostic = (fix: readonly ReturnType<typeof edit>[]) =>
      ({ severity: 'warning', code: 'X', message: '', file: 'f', fix }) as const
    const outcome = applyFixes('abcdef', [
      diagnostic([edit(0, 2, 'X')]),
      diagnostic([edit(1, 3, 'Y'), edit(4, 5, 'Z')]),
      diagnostic([edit(0, 2, 'X'), edit(5, 6, '!')]),
    ])
    expect(outcome.text).toBe('Xcde!')
    expect(outcome.fixed).toHaveLength(2)
  })
})
