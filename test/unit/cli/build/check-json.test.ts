import { expect, it } from 'vitest'
import { checkJson } from '../../../../src/cli/build/check-json.ts'

it('gives a range for each line of an instruction, as docker does', () => {
  const range = { start: { line: 2, column: 0 }, end: { line: 4, column: 3 } }
  const finding = { severity: 'warning', code: 'StageNameCasing', message: 'm', file: 'f', range } as const
  const at = (line: number): unknown => ({ start: { line }, end: { line } })
  expect(
    checkJson({ findings: [finding], errors: [], areErrors: false }, { text: '', name: 'f' }),
  ).toMatchObject({ warnings: [{ location: { ranges: [at(2), at(3), at(4)] } }] })
})
