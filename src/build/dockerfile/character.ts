/** White space between words, as Go's unicode.IsSpace sees it. */
export const isSpace = (ch: string): boolean =>
  ch === ' ' || (ch >= '\t' && ch <= '\r') || ch === '\u0085' || (ch > '\u007f' && /^\s$/.test(ch))

export const isDigit = (ch: string): boolean => ch >= '0' && ch <= '9'

/** A character of a variable's name: letters of any script, digits, underscore. */
export const isNameCharacter = (ch: string): boolean =>
  (ch >= 'a' && ch <= 'z') ||
  (ch >= 'A' && ch <= 'Z') ||
  isDigit(ch) ||
  ch === '_' ||
  (ch > '\u007f' && /^[\p{L}\p{Nd}]$/u.test(ch))
