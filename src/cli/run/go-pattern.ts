/** A regular expression in Go's spelling, as far as it differs from ours: flags at its beginning, names of groups, ends of the text. Throws SyntaxError. */
export const goPattern = (text: string): RegExp => {
  const [, flags = '', body = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(text) ?? []
  const pattern = body.replaceAll('(?P<', '(?<').replaceAll('\\A', '^').replaceAll('\\z', '$')
  return new RegExp(pattern, [...new Set(flags)].join(''))
}
