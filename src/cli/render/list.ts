import { printableJson } from './printable.ts'
import { renderTable } from './table.ts'
import { compileListTemplate } from './template.ts'

/** A column of a table: its header and the member of the row that it shows. */
export interface Column {
  readonly header: string
  readonly field: string
}

/** What a list command knows of one thing. A function is for words of the user: `{{.Label "name"}}`. */
export type Row = Readonly<Record<string, string | ((name: string) => string)>>

/**
 * Rows as a list command prints them: a table of `columns`; with `json` one object per line; with a template one line
 * per row, and with `table TEMPLATE` in columns under headers. Throws `usage` for a bad format.
 */
export const renderList = (
  rows: readonly Row[],
  columns: readonly Column[],
  format: string | undefined,
): string => {
  if (format === undefined || format === '' || format === 'table') {
    return renderTable(
      columns.map(({ header }) => header),
      rows.map((row) => columns.map(({ field }) => String(row[field] ?? ''))),
    )
  }
  if (format === 'json') return rows.map((row) => `${printableJson(row)}\n`).join('')
  const asTable = /^table\s/.test(format)
  const template = compileListTemplate(asTable ? format.slice(5).trimStart() : format)
  if (!asTable) return rows.map((row) => `${template(row)}\n`).join('')
  return renderTable(
    template(headersOf(columns, rows)).split('\t'),
    rows.map((row) => template(row).split('\t')),
  )
}

/** What a table's template shows in its first line: every field by its header. */
const headersOf = (columns: readonly Column[], rows: readonly Row[]): Row => ({
  ...Object.fromEntries(
    Object.entries(rows[0] ?? {}).map(([field, value]) => [
      field,
      typeof value === 'function' ? (name: string) => name : headerOf(field),
    ]),
  ),
  ...Object.fromEntries(columns.map(({ header, field }) => [field, header])),
})

/** `CreatedSince` becomes `CREATED SINCE`. */
const headerOf = (field: string): string => field.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toUpperCase()
