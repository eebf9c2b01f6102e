import { suggest } from '../../foundation/errors/index.ts'
import { splitFields } from '../csv-line.ts'
import { usage } from '../images/parse-verb.ts'
import { checkKeys, keyValues, shown } from './fields.ts'

const kinds = ['check', 'outline', 'targets'] as const
const formats = ['text', 'json', 'sarif'] as const

/** What --check and --call ask for instead of an image. */
export interface BuildCall {
  readonly kind: (typeof kinds)[number]
  /** `sarif` is for `check` only. */
  readonly format: (typeof formats)[number]
  /** Exit with 0 whatever was found. */
  readonly ignoreStatus: boolean
}

/** `check`, `outline,format=json`; `lint` is an old name of `check`. Undefined for `build`, which is no call. Throws `usage`. */
export const parseCall = (text: string): BuildCall | undefined => {
  const fail = (why: string, hint: string): never => {
    throw usage('build', `--call ${JSON.stringify(text)}: ${why}`, hint)
  }
  const [first = '', ...rest] = splitFields(text)
  const wanted = first === 'lint' ? 'check' : first
  const options =
    rest.length === 0 ? new Map<string, string>() : keyValues(shown('--call', text), rest.join(','))
  checkKeys(shown('--call', text), options.keys(), ['format', 'ignorestatus'])
  if (wanted === 'build' || wanted === '') return undefined
  const kind = kinds.find((known) => known === wanted)
  if (!kind) {
    const near = suggest(wanted, kinds)
    return fail('there is no such method', near ? `did you mean ${near}?` : `methods are ${kinds.join(', ')}`)
  }
  const format = formats.find((known) => known === (options.get('format') ?? 'text'))
  if (!format || (format === 'sarif' && kind !== 'check')) {
    return fail(`unknown format of ${kind}`, `formats are text, json${kind === 'check' ? ', sarif' : ''}`)
  }
  const ignore = options.get('ignorestatus') ?? 'false'
  if (ignore !== 'true' && ignore !== 'false') return fail('ignorestatus is no truth', 'write true or false')
  return { kind, format, ignoreStatus: ignore === 'true' }
}
