import { formatPlatform } from '../../foundation/oci/index.ts'
import { expand } from '../dockerfile/index.ts'
import type { StageRequest } from './types.ts'

/** What FROM lines see: platform args, then the ARGs before the first FROM, `buildArgs` over both. What has no value is absent. */
export const fromScope = ({
  dockerfile,
  platform,
  buildArgs,
  target,
}: StageRequest): ReadonlyMap<string, string> => {
  const { os, architecture, variant } = platform
  const scope = new Map<string, string>([['TARGETSTAGE', target ?? 'default']])
  for (const prefix of ['BUILD', 'TARGET']) {
    scope.set(`${prefix}PLATFORM`, formatPlatform(platform))
    scope.set(`${prefix}OS`, os)
    scope.set(`${prefix}ARCH`, architecture)
    scope.set(`${prefix}VARIANT`, variant ?? '')
  }
  for (const name of scope.keys()) {
    const given = ownValue(buildArgs, name)
    if (given !== undefined) scope.set(name, given)
  }
  for (const { args } of dockerfile.globalArgs)
    for (const { name, value } of args) {
      const given = ownValue(buildArgs, name)
      const text = given ?? (value === undefined ? undefined : expandWith(value, dockerfile.escape, scope))
      if (text !== undefined) scope.set(name, text)
    }
  return scope
}

/** Build args come from the caller: `constructor` is a name like any other. */
export const ownValue = (record: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** The text with variables put in, or undefined when it cannot be expanded. */
export const expandWith = (
  text: string,
  escapeCharacter: '\\' | '`',
  scope: ReadonlyMap<string, string>,
): string | undefined => {
  const result = expand(text, { escape: escapeCharacter, lookup: (name) => scope.get(name) })
  return result.ok ? result.text : undefined
}
