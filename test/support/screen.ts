/**
 * What a terminal shows of what was written to it: lines, `\r`, cursor up, erase to the end of the line and of the screen. Throws at any
 * other control sequence. Lines that are longer than the terminal is wide go on in the next one.
 */
export const screenOf = (written: string, columns = 80): readonly string[] => {
  const lines: string[] = ['']
  let row = 0
  let column = 0
  const put = (character: string): void => {
    if (column === columns) {
      row++
      column = 0
    }
    const line = (lines[row] ?? '').padEnd(column)
    lines[row] = line.slice(0, column) + character + line.slice(column + 1)
    column++
  }
  const control = (parameter: string, final: string): void => {
    if (final === 'A') row = Math.max(0, row - Number(parameter || '1'))
    else if (final === 'K' || final === 'J') {
      lines[row] = (lines[row] ?? '').slice(0, column)
      if (final === 'J') lines.length = row + 1
    } else throw new Error(`unknown control sequence ${parameter}${final}`)
  }
  for (const [found, parameter = '', final] of written.matchAll(/\u001b\[(\d*)([A-Z])|[\s\S]/g)) {
    if (final !== undefined) control(parameter, final)
    else if (found === '\n') {
      row++
      column = 0
      lines[row] ??= ''
    } else if (found === '\r') column = 0
    else put(found)
  }
  while (lines.at(-1) === '') lines.pop()
  return lines
}
