import type { Plan, VertexId } from '../../build/graph/index.ts'
import type { History, ImageConfig } from '../../foundation/oci/index.ts'

/**
 * The image config of a solved plan. Times are those at which the layers were made, so that a build that was cached from
 * end to end gives the same image again, as BuildKit's does; with SOURCE_DATE_EPOCH, that time for the image and all of its own
 * history.
 *
 * @param createdAt milliseconds since the epoch at which a vertex's layer was made
 * @param now used only when nothing in the image has a time
 */
export const assembleConfig = (
  plan: Plan,
  createdAt: (vertex: VertexId) => number | undefined,
  now: number,
): Omit<ImageConfig, 'rootfs'> => {
  const { sourceDateEpoch } = plan
  const fixed = sourceDateEpoch === undefined ? undefined : new Date(sourceDateEpoch * 1000).toISOString()
  let last: string | undefined
  const history = plan.history.map(({ vertex, ...entry }): History => {
    if (fixed !== undefined) return { ...entry, created: entry.created ?? fixed }
    const made = vertex === undefined ? undefined : createdAt(vertex)
    last = entry.created ?? (made === undefined ? last : new Date(made).toISOString())
    return last === undefined ? entry : { ...entry, created: last }
  })
  const { os, architecture, variant } = plan.platform
  return {
    created: fixed ?? last ?? new Date(now).toISOString(),
    ...(plan.author === undefined ? {} : { author: plan.author }),
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    config: plan.config,
    history,
  }
}
