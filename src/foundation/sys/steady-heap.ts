/**
 * From now on V8's young generation stays as large as it is. It would grow to 48 MiB with whoever makes many objects, also where they are
 * let go at once, and collecting it more often costs next to nothing then. For work on many files that keeps no object for each.
 */
export const keepHeapSteady = (): void => {
  if (isSteady) return
  isSteady = true
  // V8 looks at it whenever that generation could grow.
  process.getBuiltinModule('node:v8').setFlagsFromString('--semi-space-growth-factor=1')
}

let isSteady = false
