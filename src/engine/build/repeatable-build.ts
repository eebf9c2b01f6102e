import type { Vertex } from '../../build/graph/index.ts'
import type { BuildOptions, BuildResult } from './types.ts'

/** The record of each names all layers below: of many more, reading the recipe would take longer than Node does. */
const mostSteps = 128

/** Says how the Dockerfile is checked, as its directive does: some checks look at the context. */
const checkArg = 'BUILDKIT_DOCKERFILE_CHECK'

/**
 * Whether a build stands on the words, the store and what can be compared of the context alone: RUN steps on images, and COPY, ADD and
 * WORKDIR of files that are no further away than a directory of the caller, each of which has a result.
 */
export const isRepeatable = (options: BuildOptions, { facts, image, index }: BuildResult): boolean => {
  const [one, ...others] = facts.plans
  if (!one || others.length > 0 || index || facts.asksForTimes || image.stack.length === 0) return false
  const contexts = [options.context, ...(options.contexts?.values() ?? [])]
  if (contexts.some((context) => context?.kind !== 'directory')) return false
  if (/^\s*#\s*check\s*=/im.test(options.dockerfile.text) || options.buildArgs?.[checkArg] !== undefined)
    return false
  const steps = one.plan.vertices.filter(({ op }) => op.kind !== 'source')
  const isCounted = steps.length > 0 && steps.length <= mostSteps && steps.length === facts.knownSteps
  return isCounted && steps.every(isPlainStep)
}

const isPlainStep = ({ op, noCache }: Vertex): boolean => {
  if (noCache) return false
  // Of a mount nothing counts but its words and what lies in an input, as with COPY: secrets and caches are not looked at.
  return op.kind === 'file' || (op.kind === 'exec' && !op.devices?.length && op.security === undefined)
}
