import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type CountChecked, errnoOf, type Finding } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { openVolumes } from '../../store/volume/index.ts'

/** Volumes: a record that can be read, and the directory of their files. Cache mounts: instances that are whole. */
export function* checkVolumes(root: HostPath, count: CountChecked): Generator<Finding> {
  const volumes = openVolumes(root)
  for (const name of namesIn(join(root, 'volumes'))) {
    count()
    const problem = problemOf(() => volumes.get(name))
    const files = join(root, 'volumes', name, '_data')
    if (problem !== undefined) yield { what: `volume ${name}`, problem, severity: 'damage' }
    else if (!isDirectory(files))
      yield {
        what: `volume ${name}`,
        problem: 'has lost the directory of its files',
        severity: 'damage',
        repair: () => {
          mkdirSync(files, { mode: 0o755 })
          return 'an empty one was made'
        },
      }
  }
  for (const cache of namesIn(join(root, 'cache-mounts'))) {
    if (!/^[0-9a-f]{32}$/.test(cache)) continue
    for (const instance of namesIn(join(root, 'cache-mounts', cache))) {
      if (!/^\d+$/.test(instance)) continue
      count()
      const path = join(root, 'cache-mounts', cache, instance)
      if (!isDirectory(join(path, 'tree')) || !isDirectory(join(path, 'users')))
        yield { what: `cache mount ${cache}/${instance}`, problem: 'is not whole', severity: 'damage' }
    }
  }
}

const problemOf = (read: () => unknown): string | undefined => {
  try {
    return read() === undefined ? 'has no record' : undefined
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

const isDirectory = (path: HostPath): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory).filter((name) => !name.startsWith('.'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
