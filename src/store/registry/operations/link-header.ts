/** The target of `rel="next"` in a Link header (RFC 8288), as written; undefined when there is none. Never throws. */
export const nextLink = (header: string | undefined): string | undefined => {
  const text = (header ?? '').slice(0, 16 << 10)
  for (const [, target = '', parameters = ''] of text.matchAll(/<([^<>]*)>((?:[^,"]|"[^"]*")*)/g)) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(parameters)
    const names = (relation?.[1] ?? relation?.[2] ?? '').toLowerCase().split(/\s+/)
    if (names.includes('next')) return target
  }
  return undefined
}
