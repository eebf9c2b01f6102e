// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import { describe, expect, it } from 'vitest'
import { parseDockerfile, type StageInstruction } from '../../../../src/build/dockerfile/index.ts'

const parse = async (text: string): Promise<readonly StageInstruction[]> => {
  const { stages, diagnostics } = await parseDockerfile(`FROM a\n${text}`, { file: 'Dockerfile' })
  expect(diagnostics).toEqual([])
  return stages[0]?.instructions ?? []
}

const texts = async (text: string): Promise<readonly string[]> => (await parse(text)).map((each) => each.text)

describe('lines', () => {
  it.each<readonly [string, ...string[]]>([
    ['RUN a\\\nb', 'RUN ab'],
    ['RUN a \\\n  b', 'RUN a   b'],
    ['RUN a \\ \t\n  b', 'RUN a   b'],
    ['RUN a \\\n\n\n  b', 'RUN a   b'],
    ['RUN a \\\n# comment\n   # another\n  b', 'RUN a   b'],
    ['RUN a \\\n  b # no comment', 'RUN a   b # no comment'],
    ['RUN a \\\\\nRUN b', 'RUN a \\\\', 'RUN b'],
    ['RUN a \\x\nRUN b', 'RUN a \\x', 'RUN b'],
    ['RUN a \\', 'RUN a'],
    ['run  a\t b', 'RUN a\t b'],
    ['RU\\\nN a', 'RUN a'],
    ['   RUN a\n\t\nRUN b', 'RUN a', 'RUN b'],
    ['RUN a\r\nRUN b\\\r\nc\r\n', 'RUN a', 'RUN bc'],
    ['RUN echo "a <<b"\nRUN c', 'RUN echo "a <<b"', 'RUN c'],
    ['RUN echo `date`\nRUN c', 'RUN echo `date`', 'RUN c'],
  ])('%j', async (text, ...expected) => {
    expect(await texts(text)).toEqual(expected)
  })

  it('continues with the escape directive’s character only', async () => {
    const { stages } = await parseDockerfile('# escape=`\nFROM a\nRUN c:\\\nRUN x `\n y', { file: 'D' })
    expect(stages[0]?.instructions.map((each) => each.text)).toEqual(['RUN c:\\', 'RUN x  y'])
  })

  it('gives each instruction its lines', async () => {
    const [first, second] = await parse('  RUN a \\\n# c\n  b  \nCOPY <<E /x\nbody\nE\n')
    expect(first?.range).toEqual({ start: { line: 2, column: 2 }, end: { line: 4, column: 3 } })
    expect(second?.range).toEqual({ start: { line: 5, column: 0 }, end: { line: 7, column: 1 } })
  })
})

describe('here-documents', () => {
  it.each<readonly [string, readonly object[]]>([
    ['RUN <<E\n a\n\nE', [{ name: 'E', text: ' a\n\n', expand: true, chomp: false, descriptor: '' }]],
    ['RUN <<-E\n\ta\n\tE', [{ name: 'E', text: '\ta\n', expand: true, chomp: true, descriptor: '' }]],
    ['RUN x 3<<"E F" y\nE F', [{ name: 'E F', text: '', expand: false, chomp: false, descriptor: '3' }]],
    ["RUN <<'E'\nE", [{ name: 'E', text: '', expand: false, chomp: false, descriptor: '' }]],
    ['RUN <<E\na\r\nE\r\n', [{ name: 'E', text: 'a\r\n', expand: true, chomp: false, descriptor: '' }]],
    ['RUN <<E\na\r\r\nE\r\r', [{ name: 'E', text: 'a\r\r\n', expand: true, chomp: false, descriptor: '' }]],
    ['RUN cat <<  E\na\nE', [{ name: 'E', text: 'a\n', expand: true, chomp: false, descriptor: '' }]],
    ["RUN cat << 'E F'\nE F", [{ name: 'E F', text: '', expand: false, chomp: false, descriptor: '' }]],
    ['RUN cat <<\\\n E\nE', [{ name: 'E', text: '', expand: true, chomp: false, descriptor: '' }]],
    // An escape is no quote.
    ['RUN cat <<\\E\nE', [{ name: 'E', text: '', expand: true, chomp: false, descriptor: '' }]],
    ['RUN cat <<"E"F\nEF', [{ name: 'EF', text: '', expand: false, chomp: false, descriptor: '' }]],
    ['RUN cat <<E;F\nE;F', [{ name: 'E;F', text: '', expand: true, chomp: false, descriptor: '' }]],
    ['RUN cat <<- E', []],
    ['RUN x<<E', []],
    ['RUN cat \\<<E', []],
    ['RUN cat << <<', []],
    ['RUN ["cat", "<<E"]', []],
    ['RUN cat <<<word', []],
    ["RUN echo it's <<E", []],
    ['CMD cat <<E', []],
  ])('%j', async (text, expected) => {
    const [instruction, ...rest] = await parse(text)
    expect(rest).toEqual([])
    expect(instruction && 'heredocs' in instruction ? instruction.heredocs : []).toEqual(expected)
  })

  it('takes several in order', async () => {
    const [copy] = await parse('COPY <<A f <<B /d/\na\nA\nb\nB\n')
    expect(copy).toMatchObject({
      sources: [{ name: 'A', text: 'a\n' }, 'f', { name: 'B', text: 'b\n' }],
      destination: '/d/',
    })
  })

  it('takes a name without a body as an empty file, and the last body of a name for all', async () => {
    expect(await parse('COPY ["<<E", "/d/"]')).toMatchObject([{ sources: [{ name: 'E', text: '' }] }])
    expect(await parse('COPY <<E <<E /d/\na\nE\nb\nE')).toMatchObject([
      { sources: [{ text: 'b\n' }, { text: 'b\n' }] },
    ])
  })

  it('keeps white space at the end of a trigger, as docker does', async () => {
    expect(await parse('ONBUILD RUN  x \t')).toMatchObject([{ trigger: 'RUN  x \t' }])
  })

  it('keeps them in a trigger', async () => {
    expect(await parse('ONBUILD RUN <<E\necho\nE')).toMatchObject([{ trigger: 'RUN <<E\necho\nE' }])
  })
})

describe('forms', () => {
  it.each<readonly [string, object]>([
    ['CMD ["a", "b c"]', { command: { form: 'exec', args: ['a', 'b c'] } }],
    ['CMD [ "a" ] ', { command: { form: 'exec', args: ['a'] } }],
    ['CMD ["a"] b', { command: { form: 'shell', text: '["a"] b' } }],
    ["CMD ['a']", { command: { form: 'shell', text: "['a']" } }],
    ['CMD ["a",]', { command: { form: 'shell', text: '["a",]' } }],
    ['CMD [ -f x ] && y', { command: { form: 'shell', text: '[ -f x ] && y' } }],
    ['CMD ["\\u0041\\n"]', { command: { form: 'exec', args: ['A\n'] } }],
    ['CMD ["\\ud83d\\ude00\\ud83d"]', { command: { form: 'exec', args: ['😀\ufffd'] } }],
    ['VOLUME [" a ", "b"]', { words: ['a', 'b'] }],
    ['STOPSIGNAL --x 9', { word: '9' }],
    ['CMD', { command: { form: 'shell', text: '' } }],
    ['COPY ["a b", "c"]', { sources: ['a b'], destination: 'c' }],
    ['COPY [a, b]', { sources: ['[a,'], destination: 'b]' }],
    [
      'COPY --from=x --chown=1:2 --chmod=0644 --link a b c/',
      { from: 'x', chown: '1:2', chmod: '0644', link: true, sources: ['a', 'b'], destination: 'c/' },
    ],
    ['COPY --chown="a b" x y', { chown: 'a b' }],
    ['COPY --exclude=*.a --exclude=*.b --parents x y', { exclude: ['*.a', '*.b'], parents: true }],
    [
      'RUN --network=none --mount=type=cache,target=/x a --b',
      {
        network: 'none',
        mounts: [{ text: 'type=cache,target=/x' }],
        command: { form: 'shell', text: 'a --b' },
      },
    ],
    [
      'ENV A=b "C"=\'d e\' F=g\\ h',
      {
        pairs: [
          { name: 'A', value: 'b' },
          { name: '"C"', value: "'d e'" },
          { name: 'F', value: 'g\\ h' },
        ],
      },
    ],
    ['ENV A  b=c  d', { pairs: [{ name: 'A', value: 'b=c  d' }] }],
    ['LABEL a.b=c', { pairs: [{ name: 'a.b', value: 'c' }] }],
    ['ARG A B=c D=', { args: [{ name: 'A' }, { name: 'B', value: 'c' }, { name: 'D', value: '' }] }],
    [
      'HEALTHCHECK --interval=1m30.5s --retries=2 CMD ["a"]',
      { interval: 90_500_000_000, retries: 2, command: { form: 'exec', args: ['a'] } },
    ],
    ['VOLUME a  b', { words: ['a', 'b'] }],
    ['ONBUILD run  x', { trigger: 'run  x' }],
    ['SHELL ["a", "b"]', { args: ['a', 'b'] }],
  ])('%s', async (text, expected) => {
    expect(await parse(text)).toMatchObject([expected])
  })

  it('reads FROM', async () => {
    const { stages } = await parseDockerfile('FROM --platform=$P img:${V} as Name.1\n', { file: 'D' })
    expect(stages).toMatchObject([
      { index: 0, name: 'name.1', from: { image: 'img:${V}', platform: '$P', stage: 'name.1' } },
    ])
  })

  it('reads directives, global ARGs and stages into plain JSON', async () => {
    const parsed = await parseDockerfile(
      '# Syntax = x/y\n#escape=`\n\nARG A=1\nFROM a\nRUN `\n x\nFROM b\n',
      { file: 'D' },
    )
    expect(parsed).toMatchObject({
      escape: '`',
      directives: [
        { name: 'syntax', value: 'x/y' },
        { name: 'escape', value: '`' },
      ],
      globalArgs: [{ args: [{ name: 'A', value: '1' }] }],
      stages: [{ instructions: [{ text: 'RUN x' }] }, { instructions: [] }],
    })
    expect(JSON.parse(JSON.stringify(parsed))).toEqual(parsed)
  })

  it.each([
    ['skip=all', { skip: 'all', experimental: [], error: false }],
    ['skip=A,b;error=true', { skip: ['A', 'b'], experimental: [], error: true }],
    ['skip=A;skip=all,B;error=T;error=0', { skip: ['A', 'all', 'B'], experimental: [], error: false }],
    ['skip=A;skip=all;skip=B;experimental=all ignored', { skip: 'all', experimental: 'all', error: false }],
  ])('reads # check=%s', async (value, check) => {
    expect(await parseDockerfile(`# check=${value}\nFROM a\n`, { file: 'D' })).toMatchObject({
      check,
      diagnostics: [],
    })
  })

  it.each([
    'foo=bar',
    'error=',
    'error=maybe',
    'skip',
    'skip=A; error=true',
    ' skip=all;',
    'skip=all;;',
    'SKIP=all',
  ])('leaves # check=%s to the checks', async (value) => {
    const parsed = await parseDockerfile(`# check=${value}\nFROM a\n`, { file: 'D' })
    expect(parsed.check).toBeUndefined()
    expect(parsed).toMatchObject({ directives: [{ name: 'check' }], diagnostics: [] })
  })

  it.each([
    ['# st it is\n', 'it is'],
    ['#st  it is \r\n', ' it is'],
    ['# st it is\n\n# other\n', 'it is'],
    ['# st first\n# st second\n', 'first'],
    ['# escape=`\n# st it is\n', 'it is'],
    ['# st it is\n#\n', undefined],
    ['  # st it is\n', undefined],
    ['# ST it is\n', undefined],
    ['# st: it is\n', undefined],
    ['# st\n', undefined],
    ['# st it is\nARG x\n', undefined],
  ])('finds the description in %j', async (comments, description) => {
    const parsed = await parseDockerfile(`${comments}FROM scratch AS St\n`, { file: 'D' })
    expect(parsed.stages[0]?.from.description).toBe(description)
  })

  it('finds the description of each argument', async () => {
    const parsed = await parseDockerfile('# B of b\n# A of a\nARG A=1 B C\nFROM a\n# D of d\nARG D\n', {
      file: 'D',
    })
    expect(parsed).toMatchObject({
      globalArgs: [{ args: [{ description: 'of a' }, { description: 'of b' }, { name: 'C' }] }],
      stages: [{ instructions: [{ args: [{ name: 'D', description: 'of d' }] }] }],
    })
  })
})
