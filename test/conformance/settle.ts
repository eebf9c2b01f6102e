/** Names that a sequence uses, by the variable that stands for them. */
export type Names = Readonly<Record<string, string>>

const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d\d:?\d\d)( UTC)?)?/g, '<time>'],
  [/(Less than a second|About an? (second|minute)|\d+ (second|minute)s?)( ago)?/g, '<age>'],
  [/\b[0-9a-f]{64}\b/g, '<id>'],
  [/\b[0-9a-f]{12}\b/g, '<short id>'],
  [/\b172\.\d+\.\d+\.\d+\b/g, '<address>'],
  [/\S*\/volumes\/(?=[^/\s]*\/_data)/g, '<volumes>/'],
  [/ {2,}/g, '  '],
  [/ +$/gm, ''],
]

/** Text without what is another in every run: names, ids, times, widths of columns. */
export const settle = (text: string, names: Names): string => {
  let settled = text
  for (const [variable, value] of Object.entries(names)) settled = settled.replaceAll(value, `$${variable}`)
  for (const [pattern, word] of patterns) settled = settled.replace(pattern, word)
  return settled
}
