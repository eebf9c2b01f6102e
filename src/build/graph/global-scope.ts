import { formatPlatform, type Platform } from '../../foundation/oci/index.ts'
import { expand } from '../dockerfile/index.ts'
import type { PlanProblem } from './planning.ts'
import type { PlanRequest } from './types.ts'

/** Build args that are never part of an image or a cache key unless a stage declares them. */
const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY']

const predefined: ReadonlySet<string> = new Set(proxyNames.flatMap((name) => [name, name.toLowerCase()]))

/** `NAME=value` for the predefined proxy args that were passed, each in upper and lower case. */
export const proxyEnvOf = (buildArgs: ReadonlyMap<string, string>): readonly string[] =>
  proxyNames.flatMap((name) => {
    const lower = name.toLowerCase()
    const value = buildArgs.get(name) ?? buildArgs.get(lower)
    return value === undefined ? [] : [`${name}=${value}`, `${lower}=${value}`]
  })

export const isPredefined = (name: string): boolean => predefined.has(name)

const platformArgs = (
  prefix: 'BUILD' | 'TARGET',
  platform: Platform,
): readonly (readonly [string, string])[] => [
  [`${prefix}PLATFORM`, formatPlatform(platform)],
  [`${prefix}OS`, platform.os],
  [`${prefix}ARCH`, platform.architecture],
  [`${prefix}VARIANT`, platform.variant ?? ''],
]

/**
 * The scope of FROM lines: platform args, then the ARGs before the first FROM in order, --build-arg over both.
 * An ARG without any value is not in it.
 */
export const globalScope = (
  request: PlanRequest,
  buildArgs: ReadonlyMap<string, string>,
  onProblem: (argIndex: number, problem: PlanProblem) => void,
): ReadonlyMap<string, string> => {
  const scope = new Map<string, string>([
    ...platformArgs('BUILD', request.buildPlatform ?? request.platform),
    ...platformArgs('TARGET', request.platform),
    ['TARGETSTAGE', request.target ?? 'default'],
  ])
  for (const name of scope.keys()) {
    const value = buildArgs.get(name)
    if (value !== undefined) scope.set(name, value)
  }
  request.dockerfile.globalArgs.forEach((instruction, index) => {
    for (const arg of instruction.args) {
      const given = buildArgs.get(arg.name)
      if (given !== undefined) scope.set(arg.name, given)
      else if (arg.value !== undefined) {
        const value = expand(arg.value, {
          escape: request.dockerfile.escape,
          lookup: (name) => scope.get(name),
        })
        if (value.ok) scope.set(arg.name, value.text)
        else onProblem(index, { code: 'bad-word', message: `expand ${arg.value}: ${value.message}` })
      }
    }
  })
  return scope
}
