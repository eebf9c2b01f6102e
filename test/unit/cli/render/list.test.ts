import { describe, expect, it } from 'vitest'
import { renderList } from '../../../../src/cli/render/list.ts'

const columns = [
  { header: 'NAME', field: 'Name' },
  { header: 'IMAGE ID', field: 'ID' },
]
const rows = [
  { Name: 'a', ID: '1', CreatedSince: 'now' },
  { Name: 'longer', ID: '22', CreatedSince: 'then' },
]

describe('renderList', () => {
  it('aligns columns under their headers', () => {
    expect(renderList(rows, columns, undefined)).toBe('NAME      IMAGE ID\na         1\nlonger    22\n')
  })
  it('prints the headers of an empty table', () =>
    expect(renderList([], columns, undefined)).toBe('NAME      IMAGE ID\n'))
  it('prints one JSON object per line', () => {
    const lines = renderList(rows, columns, 'json').trimEnd().split('\n')
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(rows)
  })
  it('prints a template per row', () =>
    expect(renderList(rows, columns, '{{.ID}}:{{.Name}}')).toBe('1:a\n22:longer\n'))
  it('prints templates as a table', () => {
    expect(renderList(rows, columns, 'table {{.ID}}\\t{{.CreatedSince}}')).toBe(
      'IMAGE ID   CREATED SINCE\n1          now\n22         then\n',
    )
  })
  it('shows control characters of foreign text', () => {
    expect(renderList([{ Name: '\u001b[2Jx\n', ID: '' }], columns, undefined)).toBe(
      'NAME         IMAGE ID\n\\x1b[2Jx\\n\n',
    )
  })
})
