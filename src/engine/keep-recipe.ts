import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../foundation/oci/index.ts'
import { atomicWrite, removeFile } from '../foundation/sys/index.ts'
import { runsIn } from './store.ts'

/** Recipes in a store; the ones that were not written for longest make room. */
const mostRecipes = 128

/** FNV-1a of 64 bits, as the helper has it (native/recipe_find.c). */
export const recipeHash = (key: string): bigint =>
  Buffer.from(key).reduce(
    (hash, byte) => BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n),
    0xcbf29ce484222325n,
  )

/** Where the helper looks for it. What cannot be kept, as on a full disk, the program does the next time, too. */
export const keepRecipe = (root: HostPath, key: string, recipe: Uint8Array): void => {
  const directory = runsIn(root)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    makeRoom(directory)
    atomicWrite(join(directory, recipeHash(key).toString(16).padStart(16, '0')), recipe)
  } catch {
    // As said.
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
