import { setEngineFlags } from './engine-flags.ts'

/**
 * From now on V8's heap grows little: for work on many files that keeps no object for each. The young generation stays as large as it is,
 * which would become 48 MiB with whoever makes many objects, and the old one is collected when it is half as large again, not three times
 * as large: both cost next to nothing where most objects are let go at once.
 */
export const keepHeapSteady = (): void => {
  if (isSteady) return
  isSteady = true
  // V8 looks at them whenever a generation could grow.
  setEngineFlags(['--semi-space-growth-factor=1', '--heap-growing-percent=50'], [20, 22, 24, 26])
}

let isSteady = false
