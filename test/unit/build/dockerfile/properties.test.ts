// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type EscapeCharacter,
  expand,
  parseDockerfile,
  parseMount,
} from '../../../../src/build/dockerfile/index.ts'

/** Text made of what has a meaning somewhere, so that random text gets deep into the rules. */
const pieces = [
  '$',
  '{',
  '}',
  ':',
  '-',
  '+',
  '?',
  '#',
  '%',
  '/',
  '\\',
  '`',
  '"',
  "'",
  ' ',
  '\t',
  '\r',
  '<<',
  '<',
  '=',
  ',',
  '[',
  ']',
  '--',
  '*',
  'A',
  'B',
  '1',
  'é',
  '😀',
  '\ud83d',
  '\u0085',
  '\u00a0',
  'E',
]
const words = fc.array(fc.constantFrom(...pieces), { maxLength: 24 }).map((parts) => parts.join(''))
const keywords = [
  'FROM',
  'run',
  'COPY',
  'ADD',
  'ENV',
  'LABEL',
  'ARG',
  'CMD',
  'HEALTHCHECK',
  'ONBUILD',
  'ONBUILD RUN',
  'VOLUME',
  'SHELL',
  'EXPOSE',
  '#',
  '',
  '# escape=`',
  '# check=skip=',
  'E',
  'RUN --mount=',
  'FOO',
]
const lines = fc.array(
  fc
    .tuple(fc.constantFrom(...keywords), words, fc.constantFrom('', '', ' \\', ' `'))
    .map((parts) => parts.join(' ')),
  { maxLength: 8 },
)
const names = ['A', 'B', 'E']
const options = {
  escape: '\\',
  lookup: (name: string) => (names.includes(name) ? `<${name}>` : undefined),
} as const
const parse = (text: string) => parseDockerfile(text, { file: 'Dockerfile' })

describe('expand', () => {
  it('never throws, and gives words that hold no white space of their own making', () => {
    fc.assert(
      fc.property(
        words,
        fc.constantFrom<EscapeCharacter>('\\', '`'),
        fc.boolean(),
        (text, character, keep) => {
          const result = expand(text, { ...options, escape: character, keepUnset: keep })
          if (result.ok) expect(result.words.every((word) => word !== '')).toBe(true)
          else expect(result.message).not.toBe('')
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('gives back what was put in quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...pieces) }), (text) => {
        const double = `"${text.replace(/["$\\]/g, '\\$&')}"`
        expect(expand(double, options)).toMatchObject({ ok: true, text, unset: [] })
        if (!text.includes("'")) expect(expand(`'${text}'`, options)).toMatchObject({ ok: true, text })
        const escaped = Array.from(text, (ch) => `\\${ch}`).join('')
        expect(expand(escaped, options)).toMatchObject({ ok: true, text })
      }),
    )
  })

  it('does not look into what a variable holds', () => {
    fc.assert(
      fc.property(words, (value) => {
        for (const text of ['$A', '"$A"', '${A:-x}', '${NO:-$A}', '${A+"$A"}'])
          if (!(text === '${A:-x}' && value === ''))
            expect(
              expand(text, { escape: '\\', lookup: (name) => (name === 'A' ? value : undefined) }),
            ).toMatchObject({
              ok: true,
              text: value,
            })
      }),
    )
  })

  it('cuts a prefix and a suffix as a shell does', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', '😀') }),
        fc.constantFrom('a', 'b*', '?', '*a', 'a?b'),
        (value, pattern) => {
          const regexp = pattern.replace(/[*?]/g, (ch) => (ch === '*' ? '.*' : '.'))
          const cut = (form: string) =>
            expand(`\${A${form}${pattern}}`, { escape: '\\', lookup: () => value })
          expect(cut('##')).toMatchObject({ text: value.replace(new RegExp(`^${regexp}`, 'u'), '') })
          expect(cut('#')).toMatchObject({
            text: value.replace(new RegExp(`^${regexp.replace('.*', '.*?')}`, 'u'), ''),
          })
          const suffixes = Array.from(value, (_, at) => Array.from(value).slice(at).join('')).concat('')
          const longest = suffixes.find((suffix) => new RegExp(`^${regexp}$`, 'u').test(suffix)) ?? ''
          expect(cut('%%')).toMatchObject({ text: value.slice(0, value.length - longest.length) })
        },
      ),
    )
  })
})

describe('parseMount', () => {
  it('never throws, and gives a mount or says why not', () => {
    const keys = ['type=', 'target=', 'id=', 'mode=', 'size=', 'ro', 'rw=', 'env=', 'required', 'from=', '']
    const values = ['cache', 'secret', 'tmpfs', '/x', '0755', '1', '64m', 'true', '"', '$A', '']
    const fields = fc.array(
      fc.tuple(fc.constantFrom(...keys), fc.constantFrom(...values)).map((pair) => pair.join('')),
    )
    fc.assert(
      fc.property(fields, (all) => {
        const { mount, problems } = parseMount(all.join(','), (text) => expand(text, options))
        expect(mount === undefined).toBe(problems.length > 0)
      }),
    )
  })
})

describe('parseDockerfile', () => {
  it('never throws, and points into the text', async () => {
    await fc.assert(
      fc.asyncProperty(lines, async (all) => {
        const parsed = await parse(`FROM a\n${all.join('\n')}`)
        const file = `FROM a\n${all.join('\n')}`.split('\n')
        const ranges = [
          ...parsed.diagnostics.flatMap(({ range }) => range ?? []),
          ...parsed.directives.map(({ range }) => range),
          ...parsed.stages.flatMap((stage) => [
            stage.from.range,
            ...stage.instructions.flatMap((each) => [
              each.range,
              ...(each.kind === 'run' ? each.mounts.map(({ range }) => range) : []),
            ]),
          ]),
        ]
        for (const { start, end } of ranges) {
          expect(start.line < end.line || (start.line === end.line && start.column <= end.column)).toBe(true)
          for (const { line, column } of [start, end]) {
            expect(line).toBeGreaterThan(0)
            expect(line).toBeLessThanOrEqual(file.length)
            expect(column).toBeLessThanOrEqual(file[line - 1]?.length ?? 0)
          }
        }
        expect(JSON.parse(JSON.stringify(parsed))).toEqual(parsed)
      }),
      { numRuns: 200 },
    )
  })

  it('reads continued lines as the line that they make', async () => {
    const parts = fc.array(fc.constantFrom('a', 'b=c', '"d e"', "'f'", '--x', '$A', 'é'), {
      minLength: 2,
      maxLength: 6,
    })
    const joins = fc.constantFrom(
      ' ',
      ' \\\n',
      ' \\  \n  ',
      ' \\\n# note\n',
      ' \\\n\n   # note \\\n ',
      ' \\\r\n',
    )
    const keyword = fc.constantFrom('RUN', 'ENV', 'LABEL', 'COPY', 'EXPOSE', 'CMD', 'VOLUME', 'ONBUILD RUN')
    await fc.assert(
      fc.asyncProperty(keyword, parts, joins, async (word, all, join) => {
        const facts = async (separator: string) => {
          const { stages, diagnostics } = await parse(`FROM a\n${word} ${all.join(separator)}\nUSER x\n`)
          return {
            codes: diagnostics.map(({ code }) => code),
            instructions: stages[0]?.instructions.map((each) =>
              JSON.stringify(each, (key, value: unknown) => (key === 'range' ? undefined : value)).replace(
                / +/g,
                ' ',
              ),
            ),
          }
        }
        expect(await facts(join)).toEqual(await facts(' '))
      }),
    )
  })

  it('puts mount ranges on the words of the flags, wherever the line breaks', async () => {
    const join = fc.constantFrom(' ', ' \\\n', ' \\\n  # note\n\n\t')
    await fc.assert(
      fc.asyncProperty(fc.array(join, { minLength: 1, maxLength: 5 }), async (joins) => {
        const flags = joins.map((separator, at) => `${separator}--mount=target=/${'x'.repeat(at)}`)
        const text = `FROM a\nRUN${flags.join('')} \\\n true\n`
        const file = text.split('\n')
        const { stages } = await parse(text)
        const [run] = stages[0]?.instructions ?? []
        const found = run?.kind === 'run' ? run.mounts : []
        expect(
          found.map(({ range }) => file[range.start.line - 1]?.slice(range.start.column, range.end.column)),
        ).toEqual(flags.map((flag) => flag.trim().replace(/^\\\n(?:\s*# note\n\s*)?/, '')))
      }),
    )
  })
})
