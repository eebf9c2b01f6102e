import { printableLine } from './printable.ts'

/** A column and the space behind it are ten characters at least, as in docker's tables. */
const narrowest = 7

/** Rows under their headers, in columns as wide as their widest cell and three spaces apart. */
export const renderTable = (headers: readonly string[], rows: readonly (readonly string[])[]): string => {
  const lines = [headers, ...rows.map((row) => row.map(printableLine))]
  const widths = headers.map((_, column) =>
    Math.max(narrowest, ...lines.map((line) => widthOf(line[column] ?? ''))),
  )
  return lines.map((line) => `${renderLine(line, widths)}\n`).join('')
}

const renderLine = (line: readonly string[], widths: readonly number[]): string =>
  line
    .map((cell, column) =>
      column === line.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell) + 3),
    )
    .join('')
    .trimEnd()

/** Characters as a terminal counts them, as far as image names and commands need it. */
const widthOf = (text: string): number => [...text].length
