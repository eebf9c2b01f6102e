import { patchTarget } from './target-patch.ts'
import { tarTarget } from './target-tar.ts'
import { byteTargets } from './targets-bytes.ts'
import { cacheTargets } from './targets-cache.ts'
import { documentTargets } from './targets-documents.ts'
import type { Target } from './types.ts'

export const targets: readonly Target[] = [
  tarTarget,
  ...documentTargets,
  ...cacheTargets,
  ...byteTargets,
  patchTarget,
]
