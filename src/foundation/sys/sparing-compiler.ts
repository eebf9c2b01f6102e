import { setEngineFlags } from './engine-flags.ts'

/** About four times what it is by default; V8 looks at it whenever a function has used its budget up. */
export const sparingFlag = '--interrupt-budget=500000'

/** Major versions of Node that have it; later ones count calls of a function instead. */
export const sparingVersions = [20]

let isSparing = false

/**
 * From now on V8 optimizes only what runs for long: its compiler works in threads of its own, and would take the processor from helpers
 * that are waited for. For who has little to do besides waiting for them.
 */
export const optimizeLess = (): void => {
  if (isSparing) return
  isSparing = true
  setEngineFlags([sparingFlag], sparingVersions)
}
