/** Deeper documents are refused: nothing that is read here nests more than a handful of levels. */
const maxDepth = 100

/** A string, or one character of structure. Numbers, words and blanks between are of no interest. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs

/**
 * JSON with one meaning: a key that comes twice in one object is refused, because readers differ in which one they take
 * and a document is trusted by its digest, not by its reading. Throws `SyntaxError`.
 */
export const parseStrictJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  refuseTwins(text)
  return value
}

/** The text is JSON: only its keys are looked at. */
const refuseTwins = (text: string): void => {
  /** Keys of the objects that are open; undefined for lists. */
  const open: (Set<string> | undefined)[] = []
  let before = ''
  for (const [found] of text.matchAll(token)) {
    if (found === '{') open.push(new Set())
    else if (found === '[') open.push(undefined)
    else if (found === '}' || found === ']') open.pop()
    else if (found === ':') addKey(open.at(-1), before)
    before = found
    if (open.length > maxDepth) throw new SyntaxError(`nested more than ${maxDepth} levels`)
  }
}

const addKey = (keys: Set<string> | undefined, quoted: string): void => {
  // Escapes are undone: "a" and "\u0061" are the same key.
  const key = String(JSON.parse(quoted))
  if (keys?.has(key)) throw new SyntaxError(`the key ${quoted.slice(0, 100)} comes twice`)
  keys?.add(key)
}
