/**
 * Makes control characters of foreign text visible (`\x1b`), those that reverse the writing direction too;
 * line breaks and tabs stay. Commands to the CI systems that read logs are taken apart: `::name::` at the start of a
 * line, `##[name]` and `##vso[name]` anywhere.
 */
export const printable = (text: string): string =>
  withoutCommands(text)
    .replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, visible)
    .replace(/^([ \t]*:)(?=:)/gm, '$1 ')

/** The same for text that must stay on one line. */
export const printableLine = (text: string): string =>
  withoutCommands(text).replace(/[\p{Cc}\p{Bidi_Control}]/gu, visible)

const withoutCommands = (text: string): string => text.replace(/#(?=#(?:vso)?\[)/g, '# ')

const names: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
}

const visible = (character: string): string =>
  names[character] ?? numbered(character.charCodeAt(0).toString(16))

const numbered = (hex: string): string =>
  hex.length > 2 ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`

/** JSON in which nothing can steer a terminal: what JSON leaves as it is (DEL, C1, reversals) is escaped as well. */
export const printableJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    /(?!\n)[\p{Cc}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
