/** Fields of one line of comma-separated values, or what is wrong with its quotes. */
export type CsvFields =
  | { readonly ok: true; readonly fields: readonly string[] }
  | { readonly ok: false; readonly message: string }

/**
 * Reads one CSV record by the rules of Go's encoding/csv: a field that starts with a double quote ends with one, `""` inside
 * is one quote, and no other field may hold a quote. Spaces belong to the fields.
 */
export const csvFields = (text: string): CsvFields => {
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (text.charAt(at) === '"') {
      const quoted = readQuoted(text, at)
      if (typeof quoted === 'string') return { ok: false, message: quoted }
      fields.push(quoted.field)
      at = quoted.end
    } else {
      const end = commaAfter(text, at)
      const field = text.slice(at, end)
      if (field.includes('"'))
        return { ok: false, message: `a double quote stands inside ${JSON.stringify(field)}` }
      fields.push(field)
      at = end
    }
    if (at >= text.length) return { ok: true, fields }
    at++
  }
}

const commaAfter = (text: string, from: number): number => {
  const comma = text.indexOf(',', from)
  return comma < 0 ? text.length : comma
}

const readQuoted = (
  text: string,
  start: number,
): { readonly field: string; readonly end: number } | string => {
  const parts: string[] = []
  let at = start + 1
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote < 0) return 'a double quote is not closed'
    parts.push(text.slice(at, quote))
    const next = text.charAt(quote + 1)
    if (next === '' || next === ',') return { field: parts.join('"'), end: quote + 1 }
    if (next !== '"') return `a comma is missing after the quoted ${JSON.stringify(parts.join('"'))}`
    at = quote + 2
  }
}
