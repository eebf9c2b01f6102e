import { closeSync, constants, mkdirSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nativeBinary, recipeItems } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { bootId } from '../../foundation/sys/index.ts'
import {
  type Container,
  containerRecipes,
  openContainerStore,
  type PreparedStart,
} from '../../runtime/container/index.ts'
import { storePaths } from '../../store/snapshot/index.ts'
import { keepRecipe, recipeHash } from '../keep-recipe.ts'
import { runsIn, type Store, trashAge } from '../store.ts'

/** A command line that may be written down. */
export interface RecipeWish {
  /** Its words up to the image and what else decides, as the front puts them together (native/front_recipe.c). */
  readonly key: string
  /** The first time, not the second. */
  readonly atOnce: boolean
}

/** A run that is being written down. */
export interface RunRecording {
  /** The container is ready to be started. */
  prepared(container: Container, prepared: PreparedStart): void
  /** It runs, and there was nothing to be warned of. */
  keep(): void
}

type RecipeItems = Awaited<ReturnType<typeof recipeItems>>
type Checks = ReturnType<typeof checksOf>

/**
 * Begins to write down a run, before anything that decides on it was looked at. Undefined when something of that has changed so lately
 * that the next change could not be told.
 */
export const recordRun = async (
  store: Store,
  { key, atOnce }: RecipeWish,
): Promise<RunRecording | undefined> => {
  const directory = runsIn(store.root)
  const hash = recipeHash(key)
  if (!seenBefore(directory, hash) && !atOnce) return undefined
  const recipes = await containerRecipes()
  const items = await recipeItems()
  const checks = checksOf(store, items)
  if (checks === undefined) return undefined
  let recipe: Uint8Array | undefined
  return {
    prepared(container, prepared) {
      const blobs = blobChecks(store, container, items)
      if (blobs === undefined) return
      recipe = recipes.recipeOf({
        containers: openContainerStore(store.root),
        container,
        prepared,
        key,
        checks: [...checks, ...blobs],
        items,
        trashAge: trashAge / 1000,
      })
    },
    keep() {
      if (recipe) keepRecipe(store.root, key, recipe)
    },
  }
}

/** Bytes of `seen`: the last of a few hundred command lines, each at the place that its hash says. */
const seenSize = 8 * 1024

/** Whether it is not the first time. */
const seenBefore = (directory: HostPath, hash: bigint): boolean => {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const fd = openSync(join(directory, 'seen'), constants.O_RDWR | constants.O_CREAT, 0o600)
    try {
      const own = Buffer.alloc(8)
      own.writeBigUInt64LE(hash)
      const place = Number((hash * 8n) % BigInt(seenSize))
      const before = Buffer.alloc(8)
      if (readSync(fd, before, 0, 8, place) === 8 && before.equals(own)) return true
      writeSync(fd, own, 0, 8, place)
      return false
    } finally {
      closeSync(fd)
    }
  } catch {
    // A full disk, or one that is only read.
    return false
  }
}

/** What decides on every run: our programs, the records of images, and facts of the machine. */
const checksOf = ({ root }: Store, { absent, sameLines, unchanged }: RecipeItems) => {
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
    kernel('/proc/self/uid_map', ''),
    kernel('/proc/self/gid_map', ''),
  ]
  return checks.every((check) => check !== undefined) ? checks : undefined
}

/** The documents of the image. */
const blobChecks = (
  { content, images }: Store,
  { record }: Container,
  { unchanged }: RecipeItems,
): Checks => {
  const image = images.resolve(record.imageId)
  if (!image) return undefined
  const checks = [image.id, image.manifest.digest].map((digest) => unchanged(content.pathOf(digest)))
  return checks.every((check) => check !== undefined) ? checks : undefined
}
