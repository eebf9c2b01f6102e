/** White space between words, as Go's unicode.IsSpace sees it. */
export const isSpace = (ch: string): boolean =>
  ch === ' ' || (ch >= '\t' && ch <= '\r') || ch === '\u0085' || (ch > '\u007f' && /^\s$/.test(ch))

export const isDigit = (ch: string): boolean => ch >= '0' && ch <= '9'
