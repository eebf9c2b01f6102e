/** A line of comma separated values: a field in double quotes may hold commas, `""` in it is one quote. */
export const splitFields = (text: string): readonly string[] => {
  const fields: string[] = []
  for (let at = 0; at <= text.length; ) {
    const quoted = /^"((?:[^"]|"")*)"(?=,|$)/.exec(text.slice(at))
    const field = quoted ? quoted[0] : (/^[^,]*/.exec(text.slice(at))?.[0] ?? '')
    fields.push(quoted ? (quoted[1] ?? '').replaceAll('""', '"') : field)
    at += field.length + 1
  }
  return fields
}
