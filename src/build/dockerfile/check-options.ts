import { suggest } from '../../foundation/errors/index.ts'
import type { CheckOptions } from './types.ts'

export type CheckOptionsOutcome =
  | { readonly ok: true; readonly options: CheckOptions }
  | { readonly ok: false; readonly message: string; readonly hint?: string }

const names = ['skip', 'error', 'experimental']

/**
 * The value of `# check=`: `skip=RULE,...|all`, `experimental=RULE,...|all`, `error=BOOL`, joined by semicolons. Like docker it
 * reads up to the first space only. Rules are not looked up here.
 */
export const readCheckOptions = (value: string): CheckOptionsOutcome => {
  const written = value.split(' ', 1)[0] ?? ''
  let options: CheckOptions = { skip: [], experimental: [], error: false }
  for (const part of written.split(';')) {
    const equals = part.indexOf('=')
    const name = part.slice(0, equals)
    const text = part.slice(equals + 1)
    if (equals < 0 || !names.includes(name)) return unknownOption(equals < 0 ? part : name, value)
    if (name === 'skip') options = { ...options, skip: add(options.skip, text) }
    else if (name === 'experimental') options = { ...options, experimental: add(options.experimental, text) }
    else {
      const isTrue = /^(?:1|t|T|TRUE|true|True)$/.test(text)
      if (!isTrue && !/^(?:0|f|F|FALSE|false|False)$/.test(text))
        return {
          ok: false,
          message: `expected error in the check directive to be true or false, found ${JSON.stringify(text)}`,
        }
      options = { ...options, error: isTrue }
    }
  }
  return { ok: true, options }
}

/** `all` is special only when it stands alone. */
const add = (rules: CheckOptions['skip'], text: string): CheckOptions['skip'] =>
  rules === 'all' || text === 'all' ? 'all' : [...rules, ...text.split(',')]

const unknownOption = (name: string, value: string): CheckOptionsOutcome => {
  const near = suggest(name, names)
  return {
    ok: false,
    message: `expected skip=, experimental= or error= in the check directive, found ${JSON.stringify(name)}`,
    hint:
      near && near !== name
        ? `did you mean ${near}=?`
        : value.includes(' ')
          ? 'the value ends at the first space'
          : 'for example: # check=skip=RULE,RULE;error=true',
  }
}
