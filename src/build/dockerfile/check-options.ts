import type { CheckOptions } from './types.ts'

/**
 * The value of `# check=`: `skip=RULE,...|all`, `experimental=RULE,...|all`, `error=BOOL`, joined by semicolons. Like docker it
 * reads up to the first space only. Rules are not looked up here. Undefined when it is something else.
 */
export const readCheckOptions = (value: string): CheckOptions | undefined => {
  const written = value.split(' ', 1)[0] ?? ''
  let options: CheckOptions = { skip: [], experimental: [], error: false }
  for (const part of written.split(';')) {
    const equals = part.indexOf('=')
    const name = equals < 0 ? '' : part.slice(0, equals)
    const text = part.slice(equals + 1)
    if (name === 'skip') options = { ...options, skip: add(options.skip, text) }
    else if (name === 'experimental') options = { ...options, experimental: add(options.experimental, text) }
    else if (name === 'error' && booleans.has(text)) options = { ...options, error: /^[1tT]/.test(text) }
    else return undefined
  }
  return options
}

const booleans: ReadonlySet<string> = new Set('1 t T TRUE true True 0 f F FALSE false False'.split(' '))

/** `all` is special only when it stands alone. */
const add = (rules: CheckOptions['skip'], text: string): CheckOptions['skip'] =>
  rules === 'all' || text === 'all' ? 'all' : [...rules, ...text.split(',')]
