import { describe, expect, it } from 'vitest'
import { excerpt } from '../../../../src/cli/render/excerpt.ts'

const range = (line: number, from: number, to: number, endLine = line) => ({
  start: { line, column: from },
  end: { line: endLine, column: to },
})

describe('excerpt', () => {
  it('shows the line before and carets under the range', () => {
    expect(excerpt('FROM a\nRUN x\n', range(2, 4, 5))).toBe('  1 | FROM a\n  2 | RUN x\n    |     ^')
  })
  it('has a caret for an empty range and for one that goes on', () => {
    expect(excerpt('RUN x', range(1, 5, 5))).toBe('  1 | RUN x\n    |      ^')
    expect(excerpt('RUN a \\\n  b', range(1, 0, 3, 2))).toBe('  1 | RUN a \\\n    | ^^^^^^^')
  })
  it('keeps carets in place behind control characters and tabs', () => {
    expect(excerpt('\tA\u001bB', range(1, 3, 4))).toBe('  1 |  A\\x1bB\n    |       ^')
  })
  it('says nothing of a line that is not there', () => expect(excerpt('x', range(9, 0, 1))).toBe(''))
})
