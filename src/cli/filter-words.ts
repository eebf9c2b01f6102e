/** One `--filter KEY=VALUE`. */
export interface FilterWords {
  /** In small letters. */
  readonly key: string
  readonly value: string
}

/** Blanks around both do not count, and case does not in the key, as in docker. Undefined for text without `=`. */
export const filterOf = (text: string): FilterWords | undefined => {
  const equals = text.indexOf('=')
  if (equals < 0) return undefined
  return { key: text.slice(0, equals).trim().toLowerCase(), value: text.slice(equals + 1).trim() }
}
