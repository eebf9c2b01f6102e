import { collectCases, type SpaceLimits, type Store } from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { spaceOf } from '../images/space.ts'
import { humanSize } from '../render/human.ts'

/**
 * Drops build cache after a build when the store has outgrown its limits: TSBUILD_MAX_USED_SPACE, TSBUILD_MIN_FREE_SPACE (10% of the
 * disk by default) and TSBUILD_RESERVED_SPACE (10%); TSBUILD_GC=off leaves it all to `prune`. The build has succeeded: that this cannot
 * be done is only a warning.
 */
export const collectAfter = async (store: Store, { env, stderr, now }: CliContext): Promise<void> => {
  if (env['TSBUILD_GC'] === 'off') return
  const { collectAfterBuild, diskSpace } = await collectCases()
  try {
    const limits = limitsIn(env, diskSpace(store.root).total)
    const freed = await collectAfterBuild(store, { ...limits, now: now() })
    if (freed > 0)
      stderr.write(`dropped ${humanSize(freed)} of build cache: the store had outgrown its limits\n`)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    stderr.write(`warning: keep the store within its limits: ${error.message}\n`)
  }
}

const limitsIn = (env: CliContext['env'], total: number): SpaceLimits => {
  const read = (name: string, otherwise?: string): number | undefined => {
    const text = env[name] || otherwise
    if (text === undefined) return undefined
    const bytes = spaceOf(text, total)
    if (bytes !== undefined) return bytes
    throw new AppError('usage', `${name}=${text}: expected a size such as 10GB, or 20% of the disk`)
  }
  const maxUsed = read('TSBUILD_MAX_USED_SPACE')
  const minFree = read('TSBUILD_MIN_FREE_SPACE', '10%')
  const reserved = read('TSBUILD_RESERVED_SPACE', '10%')
  return {
    ...(maxUsed === undefined ? {} : { maxUsed }),
    ...(minFree === undefined ? {} : { minFree }),
    // A limit that is asked for counts more than what is kept by default.
    ...(reserved === undefined ? {} : { reserved: Math.min(reserved, maxUsed ?? reserved) }),
  }
}
