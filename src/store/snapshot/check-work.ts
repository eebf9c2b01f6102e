import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type CountChecked, errnoOf, type Finding } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { bootId, isAbandoned } from '../../foundation/sys/index.ts'
import { storePaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import { dropTorn } from './volatile.ts'

/** Work in progress: what processes that are gone have left, and what a power cut may have torn. */
export function* checkWork(root: HostPath, count: CountChecked): Generator<Finding> {
  const paths = storePaths(root)
  for (const directory of ['active', 'content/ingest', 'leases']) {
    for (const name of namesIn(join(root, directory))) {
      count()
      if (!isAbandoned(name)) continue
      const path = join(root, directory, name)
      yield {
        what: `${directory}/${name}`,
        problem: 'belongs to a process that is gone',
        severity: 'leftover',
        repair: () => {
          if (directory === 'leases') rmSync(path, { force: true })
          else moveToTrash(paths, path)
          return 'dropped'
        },
      }
    }
  }
  for (const boot of namesIn(paths.volatile)) {
    count()
    if (boot === bootId()) continue
    yield {
      what: `volatile/${boot}`,
      problem: `${namesIn(join(paths.volatile, boot)).length} things may be torn since the machine stopped`,
      severity: 'leftover',
      repair: () => {
        dropTorn(paths)
        return 'dropped; made again when they are needed'
      },
    }
  }
  // What lies in the trash is where it belongs.
  for (const _ of namesIn(paths.trash)) count()
}

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
