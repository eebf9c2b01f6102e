/** White space between words, as Go's unicode.IsSpace sees it: other than JavaScript it knows U+0085 and not U+FEFF. */
export const isSpace = (ch: string): boolean =>
  ch === ' ' ||
  (ch >= '\t' && ch <= '\r') ||
  (ch > '\u007f' && /^[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/.test(ch))

/** White space of Go's regular expressions (`\s` and vertical tab), which splits the words of most instructions. */
export const asciiSpace = /[\t\v\f\r ]/

export const trimStart = (text: string): string => {
  let start = 0
  while (start < text.length && isSpace(text.charAt(start))) start++
  return start === 0 ? text : text.slice(start)
}

export const trimEnd = (text: string): string => {
  let end = text.length
  while (end > 0 && isSpace(text.charAt(end - 1))) end--
  return end === text.length ? text : text.slice(0, end)
}

export const trim = (text: string): string => trimEnd(trimStart(text))
