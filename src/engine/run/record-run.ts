import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nativeBinary } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, bootId, removeFile } from '../../foundation/sys/index.ts'
import {
  type Container,
  containerRecipes,
  openContainerStore,
  type PreparedStart,
} from '../../runtime/container/index.ts'
import { storePaths } from '../../store/snapshot/index.ts'
import { type Store, trashAge } from '../store.ts'

/** Where a recipe of a run is written to, and what the front knows the command line by (native/front_recipe.c). */
export interface RecipePlace {
  readonly path: HostPath
  readonly key: string
}

/** A run that is being written down. */
export interface RunRecording {
  /** The container is ready to be started. */
  prepared(container: Container, prepared: PreparedStart): void
  /** It runs, and there was nothing to be warned of. */
  keep(): void
}

/** Recipes in a store; the ones that were not written for longest make room. */
const mostRecipes = 128

type Checks = Awaited<ReturnType<typeof checksOf>>

/**
 * Begins to write down a run, before anything that decides on it was looked at. Undefined when something of that has changed so lately
 * that the next change could not be told.
 */
export const recordRun = async (store: Store, place: RecipePlace): Promise<RunRecording | undefined> => {
  const recipes = await containerRecipes()
  const checks = await checksOf(store)
  if (checks === undefined) return undefined
  let recipe: Uint8Array | undefined
  return {
    prepared(container, prepared) {
      const blobs = blobChecks(store, container, recipes.unchanged)
      if (blobs === undefined) return
      recipe = recipes.recipeOf({
        containers: openContainerStore(store.root),
        container,
        prepared,
        key: place.key,
        checks: [...checks, ...blobs],
        trashAge: trashAge / 1000,
      })
    },
    keep() {
      if (recipe) write(place.path, recipe)
    },
  }
}

/** What decides on every run: our programs, the records of images, and facts of the machine. */
const checksOf = async ({ root }: Store) => {
  const { absent, sameLines, unchanged } = await containerRecipes()
  const records = ['names', 'images', 'indexes', 'pins', 'layers'].map((table) =>
    join(root, 'records', table),
  )
  const helper = unchanged(nativeBinary())
  const kernel = (path: HostPath, word: string) => sameLines(path, word, readFileSync(path, 'utf8'))
  const checks = [
    helper && (['H', helper[2] ?? ''] as const),
    unchanged(fileURLToPath(import.meta.url)),
    ...['version', ...records.map((path) => path.slice(root.length + 1))].map((name) =>
      unchanged(join(root, name)),
    ),
    unchanged('/etc/resolv.conf'),
    unchanged('/run/systemd/resolve/resolv.conf'),
    absent(storePaths(root).pruneLock),
    absent(join(root, 'volumes/.heirs')),
    ['B', bootId()] as const,
    kernel('/proc/self/mountinfo', ' - cgroup'),
    kernel('/proc/self/status', 'CapBnd:'),
    kernel('/sys/devices/system/cpu/possible', ''),
  ]
  return checks.every((check) => check !== undefined) ? checks : undefined
}

/** The documents of the image. */
const blobChecks = (
  { content, images }: Store,
  { record }: Container,
  unchanged: Awaited<ReturnType<typeof containerRecipes>>['unchanged'],
): Checks => {
  const image = images.resolve(record.imageId)
  if (!image) return undefined
  const checks = [image.id, image.manifest.digest].map((digest) => unchanged(content.pathOf(digest)))
  return checks.every((check) => check !== undefined) ? checks : undefined
}

const write = (path: HostPath, recipe: Uint8Array): void => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    makeRoom(dirname(path))
    atomicWrite(path, recipe)
  } catch {
    // A full disk: the program does it the next time, too.
  }
}

const makeRoom = (directory: HostPath): void => {
  const names = readdirSync(directory).filter((name) => /^[0-9a-f]{16}$/.test(name))
  if (names.length < mostRecipes) return
  const [oldest] = names
    .map((name) => ({ path: join(directory, name), age: statSync(join(directory, name)).mtimeMs }))
    .toSorted((a, b) => a.age - b.age)
  if (oldest) removeFile(oldest.path)
}
