/** What may stand between the name and the word of a `${name:-word}`. */
const operators = [':-', '-', ':+', '+', ':?', '?', '#', '%'] as const
type Operator = (typeof operators)[number]

export const operatorOf = (written: string): Operator | undefined =>
  operators.find((each) => each === written)

/** The forms with a colon take an empty variable as one that is not set. */
export const isMissing = (operator: Operator, value: string | undefined): boolean =>
  value === undefined || (operator.startsWith(':') && value === '')

/** The result of `- :- + :+` and of a `?` that did not fail. */
export const choose = (operator: Operator, word: string, value: string | undefined): string => {
  const missing = isMissing(operator, value)
  if (operator.endsWith('+')) return missing ? '' : word
  return missing && operator.endsWith('-') ? word : (value ?? '')
}
