import type { Range } from '../../foundation/errors/index.ts'
import { readSourceDateEpoch } from './build-arg-settings.ts'
import { findContext } from './context-names.ts'
import { timeSourceOf } from './epoch-stage.ts'
import type { PlanProblem } from './plan-problem.ts'
import type { Planning } from './planning.ts'
import type { TimeSource } from './types.ts'

export const epochName = 'SOURCE_DATE_EPOCH'

export type Epoch =
  /** Undefined seconds: nothing says them, or what was named has no time. */
  | { readonly kind: 'known'; readonly seconds: number | undefined }
  | { readonly kind: 'ask'; readonly of: TimeSource }
  | { readonly kind: 'bad'; readonly problem: PlanProblem; readonly range: Range | undefined }

/**
 * SOURCE_DATE_EPOCH of the build args or of an ARG before the first FROM: seconds, `context`, the name of a context, or that of
 * a stage that is nothing but one ADD of a URL or repository.
 */
export const findEpoch = (planning: Planning): Epoch => {
  const { buildArgs, globalArgs, request } = planning
  const text = buildArgs.get(epochName) ?? globalArgs.get(epochName)
  const seconds = readSourceDateEpoch(text)
  if (typeof seconds !== 'object') return { kind: 'known', seconds }
  if (text === undefined) return { kind: 'known', seconds: undefined }
  const of = namedSource(planning, text)
  if (of === undefined) {
    const range = buildArgs.has(epochName) ? undefined : declarationOf(planning)
    return { kind: 'bad', problem: seconds, range }
  }
  if ('problem' in of) return { kind: 'bad', ...of }
  const { sourceTime } = request
  if (sourceTime === undefined) return { kind: 'ask', of }
  return { kind: 'known', seconds: sourceTime === 'none' ? undefined : sourceTime }
}

const namedSource = (planning: Planning, name: string): ReturnType<typeof timeSourceOf> | undefined => {
  if (name === 'context') return { kind: 'context', name: '' }
  const context = findContext(planning, name, planning.request.platform)
  if (context) return { kind: 'context', name: context.name }
  const stage = planning.stages.find((each) => each.name === name.toLowerCase())
  return stage && timeSourceOf(planning, stage)
}

const declarationOf = ({ request }: Planning): Range | undefined =>
  request.dockerfile.globalArgs.findLast(({ args }) => args.some(({ name }) => name === epochName))?.range

/** Build args and ARGs before the first FROM as stages see them: with the seconds, whatever named them. */
export const withEpoch = <T extends Pick<Planning, 'buildArgs' | 'globalArgs'>>(
  planning: T,
  seconds: number | undefined,
): T => {
  const settled = (args: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
    args.has(epochName) ? new Map([...args, [epochName, seconds === undefined ? '' : String(seconds)]]) : args
  const { buildArgs, globalArgs } = planning
  return { ...planning, buildArgs: settled(buildArgs), globalArgs: settled(globalArgs) }
}
