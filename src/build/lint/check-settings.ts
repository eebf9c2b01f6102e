import { type Diagnostic, suggest } from '../../foundation/errors/index.ts'
import type { ParsedDockerfile } from '../dockerfile/index.ts'
import type { CheckSettings } from './types.ts'

const nothing: CheckSettings = { skip: new Set(), experimental: new Set(), error: false }

const known = ['skip', 'error', 'experimental'] as const

/** Go's strconv.ParseBool. */
const truths: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
])

/** The settings, or what is wrong with them. `build arg` wins over the directive as a whole, also when it is empty. */
export const readCheckSettings = (
  dockerfile: ParsedDockerfile,
  buildArgs: Readonly<Record<string, string>>,
): { readonly settings: CheckSettings; readonly problem?: Diagnostic } => {
  const given = buildArgs['BUILDKIT_DOCKERFILE_CHECK']
  const directive = dockerfile.directives.find((each) => each.name === 'check')
  const text = given ?? firstWord(directive?.value ?? '')
  const settings = parseCheckSettings(text)
  if (typeof settings !== 'string') return { settings }
  const where = given === undefined ? directive?.range : undefined
  return {
    settings: nothing,
    problem: {
      severity: 'error',
      code: 'bad-check-option',
      message: `read ${given === undefined ? 'the check directive' : 'BUILDKIT_DOCKERFILE_CHECK'}: ${settings}`,
      file: dockerfile.file,
      ...(where && { range: where }),
      hint: 'for example: check=skip=StageNameCasing,UndefinedVar;error=true',
    },
  }
}

/** What of a comment is settings: like docker up to the first space, so that a reason can stand behind it. */
const firstWord = (text: string): string => text.split(' ', 1)[0] ?? ''

/** `skip=A,B;error=true;experimental=C`, or why it is none. What was `all` stays so. */
export const parseCheckSettings = (text: string): CheckSettings | string => {
  if (text.trim() === '') return nothing
  let settings = nothing
  for (const part of splitParts(text.trim())) {
    const equals = part.indexOf('=')
    const key = (equals < 0 ? part : part.slice(0, equals)).trim()
    const value = part.slice(equals + 1).trim()
    const near = suggest(key, known)
    if (!known.some((each) => each === key))
      return `expected one of ${known.join(', ')}, found ${JSON.stringify(key)}${near ? ` (did you mean ${near}?)` : ''}`
    if (equals < 0) return `expected ${key}=VALUE, found ${JSON.stringify(key)}`
    if (key === 'error') {
      const error = truths.get(value)
      if (error === undefined) return `expected error to be true or false, found ${JSON.stringify(value)}`
      settings = { ...settings, error }
    } else if (key === 'skip') settings = { ...settings, skip: readNames(value, settings.skip) }
    else settings = { ...settings, experimental: readNames(value, settings.experimental) }
  }
  return settings
}

/** BuildKit takes three parts; what follows belongs to the third. */
const splitParts = (text: string): readonly string[] => {
  const parts = text.split(';')
  return parts.length <= 3 ? parts : [...parts.slice(0, 2), parts.slice(2).join(';')]
}

const readNames = (value: string, before: CheckSettings['skip']): CheckSettings['skip'] =>
  value === 'all' || before === 'all' ? 'all' : new Set(value.split(',').map((name) => name.trim()))

/** Rules that a comment above an instruction turns off for it: `# check=skip=A,B`. */
export const skippedByComments = (comments: readonly string[]): CheckSettings['skip'] => {
  const names = new Set<string>()
  for (const comment of comments) {
    const value = /^check\s*=\s*(.+)$/i.exec(comment)?.[1]
    const settings = value === undefined ? nothing : parseCheckSettings(firstWord(value))
    if (typeof settings === 'string') continue
    if (settings.skip === 'all') return 'all'
    for (const name of settings.skip) names.add(name)
  }
  return names
}

export const includes = (names: CheckSettings['skip'], name: string): boolean =>
  names === 'all' || names.has(name)
