import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nativeBinary, type RecipeItem, recipeItems } from '../../foundation/native/index.ts'
import { formatReference, type HostPath, isDigest, parseReference } from '../../foundation/oci/index.ts'
import { bootId, isSpecialFile, randomName } from '../../foundation/sys/index.ts'
import { fileNameOf } from '../../store/records/index.ts'
import { type LayerId, marksOf, storePaths } from '../../store/snapshot/index.ts'
import { keepRecipe } from '../keep-recipe.ts'
import { type Store, trashAge } from '../store.ts'
import { dockerfilePlaces } from './find-dockerfile.ts'
import { contextChecks, directoryChecks } from './recorded-context.ts'
import { checkedFile, recordOf, storedFile } from './recorded-files.ts'
import { isRepeatable } from './repeatable-build.ts'
import type { BuildFacts, BuildOptions, BuildResult } from './types.ts'

/** A build that may be written down. */
export interface BuildWish {
  /** Its words and what else decides, as the helper puts them together (native/again.c). */
  readonly key: string
  /** -f, and what it is relative to. */
  readonly file: string | undefined
  readonly cwd: HostPath
  /** What the same build prints when it finds everything done. */
  readonly stdout: string
  readonly stderr: string
  /** What it writes then, in the place of a file or of nothing. */
  readonly files: readonly { readonly path: HostPath; readonly text: string; readonly mode: number }[]
}

export interface FinishedBuild extends BuildWish {
  readonly options: BuildOptions
  readonly result: BuildResult
}

/**
 * Writes down a build that is done, for the helper: the same words find all of it done as long as every file that the program would
 * read is as it was. Nothing is written where that cannot be said: where more was read than these files, or where one of them may have
 * changed since the build has read it. Never throws.
 */
export const recordBuild = async (store: Store, build: FinishedBuild): Promise<void> => {
  if (!isRepeatable(build.options, build.result) || build.files.some(({ path }) => isSpecialFile(path)))
    return
  const items = await recipeItems()
  const id = `${randomName()}${randomName()}`
  try {
    const checks = checksOf(store, build, items)
    const lease = join(storePaths(store.root).leases, `${id}@owner`)
    const { image } = build.result
    const recipe = items.encodeRecipe([
      ['K', build.key],
      ['I', id],
      // First the lease, then the look at everything, as the program does it (store/snapshot/lease.ts).
      ['F', lease, '384', `${id}@milliseconds\n${[...heldBy(build)].join('\n')}\n`],
      ...checks,
      ...[...stepFiles(store, build), pathOf(store, image.id), pathOf(store, image.manifest.digest)].map(
        (path): RecipeItem => ['u', path],
      ),
      // Before anything is said, since the program says it again when one cannot be written.
      ...build.files.map(({ path, mode, text }): RecipeItem => ['R', path, String(mode), text]),
      ['O', '2', build.stderr],
      ['O', '1', build.stdout],
      ['U', lease],
      ['Z', storePaths(store.root).trash, String(trashAge / 1000)],
      ['P', 'undo'],
      ['U', lease],
    ])
    keepRecipe(store.root, build.key, recipe)
  } catch {
    // Something is not as the build has left it, or cannot be read: the program looks at it the next time.
  }
}

/** All layers that the program looks at. */
const layersOf = ({ result: { facts, image } }: FinishedBuild): ReadonlySet<LayerId> =>
  new Set([
    ...image.stack,
    ...facts.bases.flatMap((base) => base.image.stack),
    ...[...facts.known.values()].flatMap(({ stack }) => stack),
  ])

const heldBy = (build: FinishedBuild): ReadonlySet<string> =>
  new Set([
    ...build.result.facts.bases.flatMap(({ image }) => [image.id, image.manifest.digest]),
    ...layersOf(build),
  ])

type Items = Awaited<ReturnType<typeof recipeItems>>

const need = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new TypeError(`cannot rely on ${what}`)
  return value
}

const pathOf = ({ root }: Store, digest: string): HostPath =>
  join(root, 'content/blobs/sha256', digest.slice('sha256:'.length))

const recordPath = ({ root }: Store, table: string, key: string): HostPath =>
  join(root, 'records', table, fileNameOf(key))

const stepFiles = (store: Store, { result }: FinishedBuild): readonly HostPath[] =>
  [...result.facts.known.keys()].map((key) => recordPath(store, 'steps', key))

/** Throws where something cannot be relied on. */
const checksOf = (store: Store, build: FinishedBuild, items: Items): readonly RecipeItem[] => [
  ...programChecks(store, items),
  ...directoryChecks(build.options, items),
  ...dockerfileChecks(build, items),
  ...build.result.facts.bases.flatMap((base) => baseChecks(store, base, build.result.facts.since)),
  ...stepChecks(store, build),
  ...[...layersOf(build)].flatMap((id) => layerChecks(store, id, items)),
  ...resultChecks(store, build),
  // Last: it takes longest.
  ...build.result.facts.contexts.flatMap((context) => contextChecks(context, items)),
]

const programChecks = ({ root }: Store, { absent, unchanged }: Items): readonly RecipeItem[] => {
  const [, helper = ''] = need(unchanged(nativeBinary()), 'the helper').slice(1)
  return [
    ['H', helper],
    need(unchanged(fileURLToPath(import.meta.url)), 'the program'),
    storedFile(join(root, 'version')),
    need(absent(storePaths(root).pruneLock), 'the store'),
    ['B', bootId()],
  ]
}

const dockerfileChecks = (
  { options: { context, dockerfile }, file, cwd }: FinishedBuild,
  { absent, sameBytes }: Items,
): readonly RecipeItem[] => {
  const contextDirectory = context?.kind === 'directory' ? context.path : ''
  const path = need(dockerfile.path, 'a Dockerfile that is no file')
  const places = dockerfilePlaces({ contextDirectory, file, cwd })
  const before = places.slice(0, places.indexOf(path))
  if (!places.includes(path) || !lstatSync(path).isFile()) throw new TypeError('another Dockerfile')
  return [...before.map((place) => need(absent(place), place)), sameBytes(path, Buffer.from(dockerfile.text))]
}

/** They are as old as the build, so the build has read them as they are. */
const baseChecks = (
  store: Store,
  { reference: text, image: base }: BuildFacts['bases'][number],
  since: number,
): readonly RecipeItem[] => {
  const reference = parseReference(text)
  // Of digests and ids the whole table decides.
  if (isDigest(text) || reference.digest !== undefined) throw new TypeError('no name of an image')
  const path = recordPath(store, 'names', formatReference(reference))
  const { index, ...name } = recordOf(readFileSync(path))
  const file = (one: HostPath): RecipeItem => checkedFile(one, since)
  const config = readFileSync(pathOf(store, base.id))
  if (index === undefined && name.imageId !== base.id) throw new TypeError('the name has moved')
  return [
    file(path),
    ...(index === undefined ? [] : [file(recordPath(store, 'indexes', index))]),
    file(recordPath(store, 'images', base.id)),
    ['V', pathOf(store, base.id), '', config],
    ['N', pathOf(store, base.manifest.digest), String(base.manifest.size)],
  ]
}

const stepChecks = (store: Store, { result }: FinishedBuild): readonly RecipeItem[] =>
  [...result.facts.known].map(([key, { stack, created }]) => {
    const path = recordPath(store, 'steps', key)
    const item = storedFile(path)
    const found = store.steps.get(key)
    if (created === undefined || found?.created !== created || found.layers.join() !== stack.join())
      throw new TypeError('another result')
    return item
  })

/** It has a form that can be used, and that no power cut takes away. */
const layerChecks = (store: Store, id: LayerId, { absent, stillThere }: Items): readonly RecipeItem[] => {
  const layer = need(store.snapshots.get(id), id)
  const marks = marksOf(layer)
  const tree = layer.tree ? stillThere(join(storePaths(store.root).layers, id, 'tree')) : undefined
  const blob = layer.blob ?? layer.patch
  const form: RecipeItem | undefined = tree ?? (blob && ['N', pathOf(store, blob.digest), String(blob.size)])
  const patch = stillThere(join(storePaths(store.root).layers, id, 'patch'))
  return [
    storedFile(join(storePaths(store.root).layerRecords, fileNameOf(id))),
    need(form, id),
    ...(tree || layer.blob ? [] : [need(patch, id)]),
    ...marks.map((mark) => need(absent(join(storePaths(store.root).volatile, bootId(), mark)), mark)),
  ]
}

/** What the program would write again were it not there. */
const resultChecks = (
  store: Store,
  { result: { image }, options: { names = [] } }: FinishedBuild,
): readonly RecipeItem[] => {
  const own = (table: string, key: string): RecipeItem => {
    const path = recordPath(store, table, key)
    const item = storedFile(path, settled)
    const found = recordOf(readFileSync(path))
    if (found.imageId !== image.id || found.manifest !== image.manifest.digest || found.index !== undefined)
      throw new TypeError('another image')
    return item
  }
  const document = (digest: string): RecipeItem => [
    'V',
    pathOf(store, digest),
    '',
    readFileSync(pathOf(store, digest)),
  ]
  return [
    own('images', image.id),
    document(image.id),
    document(image.manifest.digest),
    ...names.map((name) => own('names', formatReference(name))),
  ]
}

/** Mode of a record that is known to be on the disk (store/records). */
const settled = 0o400
