import { formatPlatform, type Platform } from '../../foundation/oci/index.ts'
import { expand } from '../dockerfile/index.ts'
import { badWordHint, type PlanProblem } from './plan-problem.ts'
import type { PlanRequest } from './types.ts'

/** Build args that are never part of an image or a cache key unless a stage declares them. */
const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY']

/** `NAME=value` for the predefined proxy args that were passed, in whatever case: each in upper and lower case. */
export const proxyEnvOf = (buildArgs: ReadonlyMap<string, string>): readonly string[] => {
  const given = new Map(
    [...buildArgs].filter(([name]) => isProxyArg(name)).map(([name, value]) => [name.toUpperCase(), value]),
  )
  return proxyNames.flatMap((name) => {
    const value = given.get(name)
    return value ? [`${name}=${value}`, `${name.toLowerCase()}=${value}`] : []
  })
}

export const isProxyArg = (name: string): boolean => proxyNames.includes(name.toUpperCase())

const platformArgs = (
  prefix: 'BUILD' | 'TARGET',
  platform: Platform,
): readonly (readonly [string, string])[] => [
  [`${prefix}PLATFORM`, formatPlatform(platform)],
  [`${prefix}OS`, platform.os],
  [`${prefix}OSVERSION`, ''],
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
    ['TARGETSTAGE', request.target || request.dockerfile.stages.at(-1)?.name || 'default'],
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
        else
          onProblem(index, {
            code: 'bad-word',
            message: `expand ${arg.value}: ${value.message}`,
            hint: badWordHint,
            part: { word: arg.value },
          })
      }
    }
  })
  return scope
}
