import { limits } from './limits.ts'

/** Ends the expansion; caught in `expand`. */
export class WordError extends Error {}

/** The text, unless variables made it larger than any honest word. Throws `WordError`. */
export const grown = (text: string): string => {
  if (text.length > limits.wordLength)
    throw new WordError(`the expanded text is longer than ${limits.wordLength} characters`)
  return text
}
