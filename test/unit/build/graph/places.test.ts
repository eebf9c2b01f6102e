import { describe, expect, it } from 'vitest'
import { parseDockerfile, pointAtParts } from '../../../../src/build/dockerfile/index.ts'
import type { Diagnostic } from '../../../../src/foundation/errors/index.ts'
import { imageWith, type PlanOptions, planText } from '../../../support/plan-dockerfile.ts'

const errorsOf = async (text: string, options: PlanOptions = {}): Promise<readonly Diagnostic[]> => {
  const outcome = await planText(text, options)
  if (outcome.kind !== 'diagnostics') throw new Error(`there is a ${outcome.kind}`)
  const dockerfile = await parseDockerfile(text, { file: 'Dockerfile' })
  const pointed = await pointAtParts(text, dockerfile, outcome.diagnostics)
  return pointed.filter(({ severity }) => severity === 'error')
}

/** What a range covers, on its first line. */
const covered = (text: string, { range }: Diagnostic): string | undefined => {
  if (!range) return undefined
  const line = text.split('\n')[range.start.line - 1] ?? ''
  return line.slice(range.start.column, range.end.line === range.start.line ? range.end.column : undefined)
}

describe('an error points at', () => {
  it.each<readonly [text: string, expected: readonly (readonly [code: string, part: string])[]]>([
    ['FROM a\nCOPY --chown=1 --chmod=rwx a b', [['bad-chmod', '--chmod=rwx']]],
    [`FROM a\nCOPY \\\n  # why\n  --chmod=\${M:-rwx} \\\n  a b`, [['bad-chmod', `--chmod=\${M:-rwx}`]]],
    [`FROM a\nCOPY --chmod=\${M/} a b`, [['bad-word', `--chmod=\${M/}`]]],
    ['FROM a\nCOPY --from=$A a b', [['variable-in-from', '--from=$A']]],
    ['FROM a\nCOPY --from=7 a b', [['unknown-stage', '--from=7']]],
    ['FROM a\nCOPY --from=B@d a b', [['bad-reference', '--from=B@d']]],
    ['FROM a AS s\nCOPY --from=s a b', [['dependency-cycle', '--from=s']]],
    ['FROM a\nRUN --mount=target=/t,from=B@d x', [['bad-reference', '--mount=target=/t,from=B@d']]],
    ['FROM a\nADD --checksum=md5:1 https://e.com/f /', [['bad-checksum', '--checksum=md5:1']]],
    ['FROM a\nADD --checksum=sha256:1 a /', [['bad-checksum', '--checksum=sha256:1']]],
    ['FROM a\nCOPY x https://e.com/f /', [['remote-in-copy', 'https://e.com/f']]],
    ['FROM a\nCOPY ["x", "https://e.com/f", "/"]', [['remote-in-copy', '"https://e.com/f"']]],
    [
      'FROM a\nADD --keep-git-dir https://e.com/r.git?keep-git-dir=0 /',
      [['keep-git-dir-conflict', '--keep-git-dir']],
    ],
    ['FROM a\nADD ok https://e.com/r.git?what=1 /', [['bad-url', 'https://e.com/r.git?what=1']]],
    ['FROM a\nRUN --network=host x', [['not-allowed', '--network=host']]],
    ['FROM a\nRUN --network=none --security=insecure x', [['not-allowed', '--security=insecure']]],
    ['FROM a\nRUN --device=v.com/c=d x', [['not-allowed', '--device=v.com/c=d']]],
    ['FROM --platform=linux/amd64/v9/x a', [['bad-platform', '--platform=linux/amd64/v9/x']]],
    ['FROM --platform=$P a', [['empty-base', '--platform=$P']]],
    [`FROM \${A} AS b`, [['empty-base', `\${A}`]]],
    ['FROM A@@ AS b', [['bad-reference', 'A@@']]],
    [`FROM a\${ AS b`, [['bad-word', `a\${`]]],
    [`ARG A=1 B=\${\nFROM a`, [['bad-word', `B=\${`]]],
    [`FROM a\nENV A=1 B=\${`, [['bad-word', `B=\${`]]],
    ['FROM a\nVOLUME /a $B', [['empty-volume', '$B']]],
    ['FROM a\nVOLUME ["/a", "$B"]', [['empty-volume', '"$B"']]],
    ['FROM a\nSTOPSIGNAL SIGNOTHING', [['bad-signal', 'SIGNOTHING']]],
    ['FROM a\nEXPOSE 80 99999 81', [['bad-port', '99999']]],
    ['FROM a\nRUN --device=a,b --device=c x', [['bad-device', '--device=a,b']]],
  ])('its word: %j', async (text, expected) => {
    const options = text.includes('--device=a') ? { entitlements: ['device'] as const } : {}
    const errors = await errorsOf(text, options)
    expect(errors.map((each) => [each.code, covered(text, each)])).toEqual(expected)
    for (const each of errors) {
      expect(each.url).toMatch(/reference\/dockerfile\/#[a-z]+$/)
      expect(each.hint).toBeTruthy()
    }
    expect(errors.every((each) => !('part' in each))).toBe(true)
  })

  it('the FROM whose image has a wrong trigger', async () => {
    const text = 'FROM --platform=linux/amd64 a'
    const images = { a: imageWith({ OnBuild: ['COPY --chmod=rwx a b'] }) }
    expect((await errorsOf(text, { images })).map((each) => [each.code, covered(text, each)])).toEqual([
      ['bad-chmod', text],
    ])
  })
})

it('tells all that is wrong in one run', async () => {
  const text = [
    'FROM --platform=x/y/z/w a AS one',
    'FROM b AS two',
    'COPY --chmod=rwx a b',
    'EXPOSE 99999',
    'STOPSIGNAL no',
    'FROM c',
    'COPY --from=two a b',
    'COPY --from=9 a b',
    'RUN --network=host x',
  ].join('\n')
  expect((await errorsOf(text)).map(({ code, range }) => `${code}:${range?.start.line}`).sort()).toEqual([
    'bad-chmod:3',
    'bad-platform:1',
    'bad-port:4',
    'bad-signal:5',
    'not-allowed:9',
    'unknown-stage:8',
  ])
})
