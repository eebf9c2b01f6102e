import { describe, expect, it } from 'vitest'
import { parseDockerfile } from '../../../../src/build/dockerfile/index.ts'

const problems = async (text: string): Promise<readonly string[]> => {
  const { diagnostics } = await parseDockerfile(text, { file: 'Dockerfile' })
  return diagnostics.map(({ code, severity, range }) =>
    [
      severity === 'error' ? '' : `${severity} `,
      code,
      range ? ` ${range.start.line}:${range.start.column}-${range.end.line}:${range.end.column}` : '',
    ].join(''),
  )
}

/** What docker refuses, and where we point. */
const refused: readonly (readonly [text: string, ...problems: string[]])[] = [
  ['', 'empty-dockerfile'],
  ['\n  \n', 'empty-dockerfile'],
  ['# only a comment\n', 'empty-dockerfile'],
  ['ARG A=1\nARG B\n', 'empty-dockerfile'],
  ['FORM busybox', 'unknown-instruction 1:0-1:4'],
  ['FROM a\n  COPYY a b', 'unknown-instruction 2:2-2:7'],
  ['FROM a\n \\ \n', 'unknown-instruction 2:1-2:2'],
  ['RUN x', 'no-stage 1:0-1:3'],
  ['ARG A\nENV A=b\nFROM a', 'no-stage 2:0-2:3'],
  ['FROM', 'bad-from 1:0-1:4'],
  ['FROM a b', 'bad-from 1:0-1:8'],
  ['FROM a AS', 'bad-from 1:0-1:9'],
  ['FROM a AS 1a', 'bad-stage-name 1:10-1:12'],
  ['FROM a AS a/b', 'bad-stage-name 1:10-1:13'],
  ['FROM --platfrom=x a', 'unknown-flag 1:5-1:17'],
  ['FROM a\nCOPY --form=x a b', 'unknown-flag 2:5-2:13'],
  ['FROM a\nCOPY \\\n  # note\n  --form=x a b', 'unknown-flag 4:2-4:10'],
  ['FROM a\nCOPY --from=a --from=b a b', 'duplicate-flag 2:14-2:22'],
  ['FROM a\nCOPY --chown a b', 'flag-without-value 2:5-2:12'],
  ['FROM a\nCOPY --link=maybe a b', 'bad-flag-value 2:5-2:17'],
  ['FROM a\nENV --x=1 A=b', 'unknown-flag 2:4-2:9'],
  ['FROM a\nCOPY a', 'missing-destination 2:0-2:6'],
  ['FROM a\nCOPY', 'missing-destination 2:0-2:4'],
  ['FROM a\nADD ["a"]', 'missing-destination 2:0-2:9'],
  ['FROM a\nCOPY a <<E\nE', 'heredoc-as-destination 2:7-2:10'],
  ['FROM a\nRUN []', 'empty-command 2:0-2:6'],
  ['FROM a\nRUN ["a", 1]', 'json-not-strings 2:0-2:12'],
  ['FROM a\nVOLUME ["a", null]', 'json-not-strings 2:0-2:18'],
  ['FROM a\nRUN --network=hots x', 'bad-network 2:4-2:18'],
  ['FROM a\nENV', 'missing-argument 2:0-2:3'],
  ['FROM a\nENV A', 'missing-value 2:0-2:5'],
  ['FROM a\nENV A=b c', 'missing-equals 2:8-2:9'],
  ['FROM a\nENV A=b =c', 'blank-name 2:8-2:10'],
  ['FROM a\nLABEL', 'missing-argument 2:0-2:5'],
  ['FROM a\nARG', 'missing-argument 2:0-2:3'],
  ['FROM a\nARG =x', 'blank-name 2:4-2:6'],
  ['FROM a\nEXPOSE', 'missing-argument 2:0-2:6'],
  ['FROM a\nVOLUME', 'missing-argument 2:0-2:6'],
  ['FROM a\nVOLUME [""]', 'empty-volume 2:0-2:11'],
  ['FROM a\nUSER', 'missing-argument 2:0-2:4'],
  ['FROM a\nWORKDIR', 'missing-argument 2:0-2:7'],
  ['FROM a\nSTOPSIGNAL', 'missing-argument 2:0-2:10'],
  ['FROM a\nMAINTAINER', 'missing-argument 2:0-2:10'],
  ['FROM a\nSHELL /bin/sh -c', 'bad-shell 2:0-2:16'],
  ['FROM a\nSHELL []', 'bad-shell 2:0-2:8'],
  ['FROM a\nONBUILD', 'missing-argument 2:0-2:7'],
  ['FROM a\nONBUILD ONBUILD RUN x', 'bad-onbuild 2:8-2:15'],
  ['FROM a\nONBUILD from x', 'bad-onbuild 2:8-2:12'],
  ['FROM a\nONBUILD MAINTAINER x', 'bad-onbuild 2:8-2:18'],
  ['FROM a\nHEALTHCHECK', 'missing-argument 2:0-2:11'],
  ['FROM a\nHEALTHCHECK CMD', 'missing-argument 2:0-2:15'],
  ['FROM a\nHEALTHCHECK FOO x', 'bad-healthcheck 2:12-2:15'],
  ['FROM a\nHEALTHCHECK NONE x', 'bad-healthcheck 2:0-2:18'],
  ['FROM a\nHEALTHCHECK --interval=x CMD a', 'bad-duration 2:12-2:24'],
  ['FROM a\nHEALTHCHECK --timeout=1us CMD a', 'bad-duration 2:12-2:25'],
  ['FROM a\nHEALTHCHECK NONE [1]', 'json-not-strings 2:0-2:20'],
  ['FROM a\nHEALTHCHECK --retries=2147483648 CMD a', 'bad-retries 2:12-2:32'],
  ['FROM a\nRUN --security=insecur x', 'bad-security 2:4-2:22'],
  ['FROM a\nONBUILD --x RUN a', 'unknown-flag 2:8-2:11'],
  ['FROM a\nONBUILD LABEL a', 'missing-value 2:0-2:15'],
  ['FROM a\nONBUILD ENV a=b c', 'missing-equals 2:0-2:17'],
  ['FROM a\nONBUILD CMD [1]', 'json-not-strings 2:0-2:15'],
  ['FROM a\nONBUILD HEALTHCHECK NONE [1]', 'json-not-strings 2:0-2:28'],
  ['FROM a\nVOLUME [" "]', 'empty-volume 2:0-2:12'],
  ['FROM a\nSTOPSIGNAL --x', 'missing-argument 2:0-2:14'],
  ['FROM a\nCOPY <<E /x \\', 'unterminated-heredoc 2:0-2:13'],
  ['FROM a\nRUN echo $((1 << 3))', 'unterminated-heredoc 2:0-2:20'],
  ['FROM a\n\uFEFFLABEL a=b', 'unknown-instruction 2:0-2:6'],
  ['FROM a\nLABEL\u00a0a=b', 'unknown-instruction 2:0-2:9'],
  ['FROM a\nHEALTHCHECK --retries=-1 CMD a', 'bad-retries 2:12-2:24'],
  ['FROM a\nRUN cat <<EOF\nfoo', 'unterminated-heredoc 2:0-3:3'],
  ['# escape=x\nFROM a', 'bad-escape-directive 1:0-1:10'],
  ['# escape=`\n# escape=`\nFROM a', 'duplicate-directive 2:0-2:10'],
  ['# check=skip=all\n# check=skip=all\nFROM a', 'duplicate-directive 2:0-2:16'],
  ['// syntax=foo/bar\nFROM a', 'foreign-syntax'],
  ['{"syntax":"foo/bar"}', 'foreign-syntax'],
  ['// check=skip=all\nFROM a', 'unknown-instruction 1:0-1:2'],
  [`FROM a\nLABEL a=${'x'.repeat(65_528)}`, 'line-too-long 2:0-2:0'],
  [`FROM a\nRUN <<E\n${'ä'.repeat(32_768)}\nE`, 'line-too-long 3:0-3:0'],
  ['FROM a\nRUN --mount=from=$x,target=/y z', 'variable-in-from 2:4-2:29'],
  ['FROM a\nRUN --network=none \\\n # c\n  --mount="" y', 'bad-mount 4:2-4:12'],
  ['# foo=bar\n# escape=`\nFROM a\nRUN echo a `\n && b', 'unknown-instruction 5:1-5:3'],
  ['#!x\n# escape=`\nFROM a\nRUN echo a `\n && b', 'unknown-instruction 5:1-5:3'],
  ['\n# escape=`\nFROM a\nRUN echo a `\n && b', 'unknown-instruction 5:1-5:3'],
  ['#\u00a0escape=`\nFROM a\nRUN echo a `\n && b', 'unknown-instruction 4:1-4:3'],
]

/** What docker takes, however odd it looks. */
const accepted: readonly string[] = [
  'FROM a\nRUN',
  'FROM a\nCMD',
  "FROM a\nCMD ['a']",
  'FROM a\nRUN ["a"] b',
  'FROM a\nONBUILD FOO x',
  'FROM a\nONBUILD COPY x',
  'FROM a\nEXPOSE nonsense',
  'FROM a\nWORKDIR a b',
  'FROM a\nRUN --mount=type=cache,target=/x --mount=type=tmpfs,target=/y x',
  'FROM a\nRUN -- --flag',
  'FROM a\nHEALTHCHECK --interval=0s --retries=0 CMD x',
  'FROM a\nHEALTHCHECK --interval=x NONE',
  'FROM a\nENV A=',
  'FROM a\nHEALTHCHECK --retries=-0 CMD x',
  'FROM a\nHEALTHCHECK NONE [ ]',
  'FROM a\nSTOPSIGNAL --x 9',
  'FROM a\nARG --x A',
  'FROM a\nONBUILD RUN --mount=from=$x y',
  'FROM a\nONBUILD SHELL x',
  'FROM a\nRUN echo "$((1 << 3))"',
  'FROM a\n\u00a0LABEL a=b',
  'FROM a\nRUN echo "<<EOF"',
  "FROM a\nRUN echo it's <<EOF",
  'ARG A\nARG B=1\nFROM a',
  '# syntax=docker/dockerfile:1\n# check=skip=all\nFROM a',
  '\uFEFFFROM a',
  '\t# escape=`\nFROM a\nRUN echo a `\n && b',
  '\uFEFF#ESCAPE = ` \r\nFROM a\nRUN echo a `\n && b',
  '# check=skip=all\n# escape=`\n# escape=\nFROM a\nRUN echo a `\n && b',
  '# escape=`\n# x\n# escape=`\nFROM a\nRUN echo a `\n && b',
  '  # check=error=maybe\nFROM a',
  '# check=\nFROM a',
  'FROM a\n# check=error=maybe',
  `FROM a\nLABEL a=${'x'.repeat(65_527)}`,
  'FROM a\nRUN --mount=type=nonsense,traget=x y',
  'FROM a AS x\nFROM b AS x',
]

describe('diagnostics', () => {
  it.each(refused)('%j', async (text, ...expected) => {
    expect(await problems(text)).toEqual(expected)
  })

  it.each(accepted)('takes %j', async (text) => {
    expect(await problems(text)).toEqual([])
  })

  it('finds everything in one run', async () => {
    const text = 'RUN early\nFORM a\nFROM b\nCOPY x\nHEALTHCHECK --interval=x --timeout=y FOO\nENV A\n'
    expect((await problems(text)).map((each) => each.split(' ')[0])).toEqual([
      'no-stage',
      'unknown-instruction',
      'missing-destination',
      'bad-duration',
      'bad-duration',
      'bad-healthcheck',
      'missing-value',
    ])
  })

  it('does not call the instructions of an unreadable FROM homeless', async () => {
    expect(await problems('FROM a b c d\nRUN x\n')).toEqual(['bad-from 1:0-1:12'])
  })

  it('suggests what was probably meant', async () => {
    const { diagnostics } = await parseDockerfile('FORM a\nFROM b\nCOPY --form=x a b\nENV A\n', { file: 'D' })
    expect(diagnostics.map(({ hint }) => hint)).toEqual([
      'did you mean FROM?',
      'did you mean --from?',
      'write A= for an empty value',
    ])
    expect(diagnostics.every(({ file }) => file === 'D')).toBe(true)
  })
})

describe('what docker refuses only in stages that it needs', () => {
  const mounts = 'FROM a\nRUN --mount=type=chace x\nRUN --mount=type=cache,targt=/c,id=$X x\n'

  it('is left to the plan', async () => {
    expect(await problems(mounts)).toEqual([])
  })

  it('is told beside what ends the build anyway, in the order of the file', async () => {
    expect(await problems(`${mounts}FORM b\n`)).toEqual([
      'bad-mount-value 2:4-2:22',
      'unknown-mount-key 3:4-3:37',
      'unknown-instruction 4:0-4:4',
    ])
  })
})

it('names the section of the reference that explains it', async () => {
  const { diagnostics } = await parseDockerfile('FORM a\nFROM a\nCOPY --x a b\n', { file: 'Dockerfile' })
  expect(diagnostics.map(({ url }) => url?.replace(/^.*#/, ''))).toEqual(['overview', 'copy'])
})
