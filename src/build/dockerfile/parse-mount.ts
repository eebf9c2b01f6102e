import { posix } from 'node:path'
import { csvFields } from './csv-fields.ts'
import type { Expansion } from './expand.ts'
import { type MountFields, type MountProblem, readBareField, readField } from './mount-fields.ts'
import type { MountOption } from './mount-types.ts'

/** `mount` is absent when there are problems, or when a value has a variable and none could be put in. */
export interface MountOutcome {
  readonly mount?: MountOption
  readonly problems: readonly MountProblem[]
}

/**
 * Reads the value of `RUN --mount=`. Docker checks most of it only when the step is needed: call it then, with `expand`.
 * Without `expand` a value with `$` is not looked at.
 */
export const parseMount = (text: string, expand?: (value: string) => Expansion): MountOutcome => {
  const split = splitMount(text)
  if ('code' in split) return { problems: [split] }
  const problems: MountProblem[] = []
  const fields: MountFields = { type: 'bind', from: '', source: '', target: '', id: '', required: false }
  let waits = false
  for (const field of split) {
    const equals = field.indexOf('=')
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase()
    const value = field.slice(equals + 1)
    const deferred = !expand && equals >= 0 && value.includes('$')
    const problem = deferred
      ? undefined
      : equals < 0
        ? readBareField(fields, key)
        : readValue(fields, key, value, expand)
    waits ||= deferred
    if (problem) problems.push(problem)
  }
  if (problems.length > 0 || waits) return { problems }
  const combined = badCombination(fields)
  return combined ? { problems: [combined] } : { mount: mountOf(fields), problems: [] }
}

/** What docker refuses before it knows whether the step is needed. */
export const checkMount = (text: string): MountProblem | undefined => {
  const split = splitMount(text)
  if ('code' in split) return split
  const from = split.find((field) => /^from=.*\$[\s\S]/i.test(field))
  if (from === undefined) return undefined
  return {
    code: 'variable-in-from',
    message: `expected a name without variables in --mount, found ${from}`,
    hint: 'name the image in a stage of its own (FROM IMAGE AS NAME) and mount from that',
  }
}

/** The name in the last `from` of a mount, as written: it has no variables. Undefined when there is none. */
export const fromOfMount = (text: string): string | undefined => {
  const split = splitMount(text)
  const from = 'code' in split ? undefined : split.findLast((field) => /^from=/i.test(field))
  return from?.slice('from='.length) || undefined
}

const splitMount = (text: string): readonly string[] | MountProblem => {
  const csv = text === '' ? { ok: false as const, message: 'nothing is said' } : csvFields(text)
  if (csv.ok) return csv.fields
  return {
    code: 'bad-mount',
    message: `expected --mount=KEY=VALUE,..., found ${JSON.stringify(text)}: ${csv.message}`,
    hint: 'a field with commas is quoted as a whole: --mount=\\"source=a,b\\",target=/x',
  }
}

const readValue = (
  fields: MountFields,
  key: string,
  value: string,
  expand: ((value: string) => Expansion) | undefined,
): MountProblem | undefined => {
  const expanded = expand?.(value) ?? { ok: true as const, text: value }
  if (expanded.ok) return readField(fields, key, expanded.text)
  return {
    code: 'bad-variable',
    message: `put variables into ${key}=${value} of --mount: ${expanded.message}`,
  }
}

const badCombination = (fields: MountFields): MountProblem | undefined => {
  const { type } = fields
  const owned = (['mode', 'uid', 'gid'] as const).find((key) => fields[key] !== undefined)
  if ((type === 'bind' || type === 'tmpfs') && owned !== undefined) return excluded(owned, type)
  if (type !== 'cache' && fields.sharing !== undefined) return excluded('sharing', type)
  if (type === 'ssh' && fields.source !== '') return excluded('source', type)
  if (type !== 'secret') return undefined
  if (fields.env === '')
    return { code: 'bad-mount', message: 'expected the name of a variable after env=, found nothing' }
  if (fields.from !== '') return excluded('from', type)
  if (fields.source !== '' && fields.id !== '')
    return {
      code: 'bad-mount',
      message: 'expected one of id and source for a secret mount, found both',
      hint: 'they mean the same; leave source out',
    }
  if (fields.source === '' && fields.target === '' && fields.id === '')
    return {
      code: 'bad-mount',
      message: 'expected id, source or target for a secret mount, found none of them',
      hint: 'name the secret with id=NAME',
    }
  return undefined
}

const excluded = (key: string, type: string): MountProblem => ({
  code: 'misplaced-mount-key',
  message: `${key} does not go with a ${type} mount`,
  hint: `leave ${key} out`,
})

const mountOf = (fields: MountFields): MountOption => {
  const { type, target, source, required } = fields
  const from = fields.from === '' ? {} : { from: fields.from }
  const owner = (mode: number) => ({ uid: fields.uid ?? 0, gid: fields.gid ?? 0, mode: fields.mode ?? mode })
  switch (type) {
    case 'bind':
      return { type, target, ...from, source, readonly: fields.readonly ?? true }
    case 'tmpfs':
      return {
        type,
        target,
        ...(fields.size ? { size: fields.size } : {}),
        readonly: fields.readonly ?? false,
      }
    case 'cache':
      return {
        type,
        target,
        id: fields.id === '' ? cleaned(target) : fields.id,
        sharing: fields.sharing ?? 'shared',
        ...from,
        source,
        readonly: fields.readonly ?? false,
        ...owner(0o755),
        owned: (fields.uid ?? fields.gid ?? fields.mode) !== undefined,
      }
    case 'ssh':
      return {
        type,
        id: fields.id === '' ? 'default' : fields.id,
        ...(target === '' ? {} : { target }),
        required,
        ...owner(0o600),
      }
    case 'secret':
      return { type, ...secretNames(fields), required, ...owner(0o400) }
  }
}

const secretNames = ({
  source,
  id: written,
  target,
  env,
}: MountFields): { readonly id: string; readonly target?: string; readonly env?: string } => {
  const id = source || written || posix.basename(target)
  if (env === undefined) return { id, target: target || `/run/secrets/${posix.basename(id)}` }
  return { id, env, ...(target === '' ? {} : { target }) }
}

/** As Go's path.Clean: without a slash at the end. */
const cleaned = (path: string): string => {
  const normal = posix.normalize(path)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}
