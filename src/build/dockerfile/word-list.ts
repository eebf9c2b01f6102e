import { isSpace } from './character.ts'

/** Words in the making. */
export interface WordList {
  word: string
  started: boolean
  readonly done: string[]
}

export const wordList = (): WordList => ({ word: '', started: false, done: [] })

/** White space ends a word. */
export const addCharacter = (words: WordList, ch: string): void => {
  if (!isSpace(ch)) addRaw(words, ch)
  else if (words.started && words.word !== '') {
    words.done.push(words.word)
    words.word = ''
    words.started = false
  }
}

/** Quoted or escaped text: white space in it is kept. */
export const addRaw = (words: WordList, text: string): void => {
  words.word += text
  words.started = true
}

/** A variable's value, not quoted: white space in it splits words too. */
export const addExpanded = (words: WordList, text: string): void => {
  if (/[\s\u0085]/.test(text)) for (const ch of text) addCharacter(words, ch)
  else if (text !== '') addRaw(words, text)
}

/** Words of text without quotes. */
export const splitSpaces = (text: string): readonly string[] =>
  text.split(/[\s\u0085]+/).filter((word) => word !== '')

export const finish = (words: WordList): readonly string[] =>
  words.word === '' ? words.done : [...words.done, words.word]
