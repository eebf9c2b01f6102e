/**
 * Makes control characters of foreign text visible (`\x1b`), those that reverse the writing direction too;
 * line breaks and tabs stay.
 */
export const printable = (text: string): string =>
  text.replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, visible)

/** The same for text that must stay on one line. */
export const printableLine = (text: string): string => text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, visible)

const names: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
}

const visible = (character: string): string =>
  names[character] ?? numbered(character.charCodeAt(0).toString(16))

const numbered = (hex: string): string =>
  hex.length > 2 ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`
