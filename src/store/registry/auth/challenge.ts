/** What a server wants (RFC 9110, 11.6.1), names in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const quoted = /"((?:[^"\\]|\\.)*)"/sy
const blanks = /[ \t]*/y

/** Longer headers say nothing that is of use here. */
const maxLength = 16 << 10

/** The challenges of WWW-Authenticate, in order; what is no challenge ends the list. Never throws. */
export const parseChallenges = (header: string): readonly Challenge[] => {
  const text = header.slice(0, maxLength)
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at += found[0].length
    return found ?? undefined
  }
  /** `name = value`, or nothing and no step forward: then it is the next scheme. */
  const takeParameter = (): readonly [string, string] | undefined => {
    const start = at
    const name = take(token)?.[0]
    take(blanks)
    if (name === undefined || text[at] !== '=') {
      at = start
      return undefined
    }
    at++
    take(blanks)
    const value = text[at] === '"' ? take(quoted)?.[1]?.replaceAll(/\\(.)/gs, '$1') : take(token)?.[0]
    if (value !== undefined) return [name.toLowerCase(), value]
    at = start
    return undefined
  }
  const challenges: Challenge[] = []
  for (;;) {
    skipCommas()
    const scheme = take(token)?.[0]
    if (scheme === undefined) return challenges
    const parameters = new Map<string, string>()
    for (;;) {
      skipCommas()
      const parameter = takeParameter()
      if (parameter === undefined) break
      // The first one counts: what is said twice is not said better.
      if (!parameters.has(parameter[0])) parameters.set(...parameter)
    }
    challenges.push({ scheme: scheme.toLowerCase(), parameters: Object.fromEntries(parameters) })
  }

  function skipCommas(): void {
    take(blanks)
    while (text[at] === ',') {
      at++
      take(blanks)
    }
  }
}
