import type { Range } from '../../foundation/errors/index.ts'
import { stageDescription } from './descriptions.ts'
import { readSource } from './read-source.ts'
import type { StageRequest } from './types.ts'

export interface Target {
  readonly name?: string
  readonly isDefault: boolean
  readonly description?: string
  /** As written. */
  readonly base: string
  /** As written. */
  readonly platform?: string
  readonly range: Range
}

/** All stages, in file order. */
export const listTargets = (
  request: Pick<StageRequest, 'dockerfile'> & { readonly text: string },
): readonly Target[] => {
  const source = readSource(request.text, request.dockerfile)
  return request.dockerfile.stages.map((stage, position) => {
    const { name, from } = stage
    const description = stageDescription(source.stages[position]?.from, name)
    return {
      ...(name !== undefined && { name }),
      isDefault: position === request.dockerfile.stages.length - 1,
      ...(description !== undefined && { description }),
      base: from.image,
      ...(from.platform !== undefined && { platform: from.platform }),
      range: from.range,
    }
  })
}
