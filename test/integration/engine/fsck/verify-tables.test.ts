import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { verifyStore } from '../../../../src/engine/fsck/verify-store.ts'
import type { Store } from '../../../../src/engine/store.ts'
import { digestOf, hexOf, parseReference } from '../../../../src/foundation/oci/index.ts'
import { tryLock } from '../../../../src/foundation/sys/index.ts'
import { defaultCompression } from '../../../../src/store/compression/index.ts'
import { fileNameOf } from '../../../../src/store/records/file-name.ts'
import { scratchStore } from '../../../support/image-store.ts'
import { indexOf } from '../../../support/index-image.ts'

/** A store with an index of two images under a name, also by digest, with a compressed form, a place and a download. */
const filled = async () => {
  const store = scratchStore()
  const index = await indexOf(store, ['linux/amd64', 'linux/arm64'])
  store.images.tag(parseReference('multi:v1'), index)
  const { digest } = index.descriptor
  store.images.pin({ registry: 'docker.io', repository: 'library/multi', digest }, index)
  const layer = index.images[0]?.image.stack[0]
  if (layer === undefined) throw new Error('an image without layers')
  const blob = await store.snapshots.compressedOf(layer, defaultCompression)
  put(store, 'places', blob.digest, [{ registry: 'r.example', repository: 'a' }])
  mkdirSync(join(store.root, 'content/partial'), { recursive: true, mode: 0o700 })
  writeFileSync(partial(store), 'half')
  writeFileSync(`${partial(store)}.done`, '0 4\n')
  return { store, index, blob }
}

type Filled = Awaited<ReturnType<typeof filled>>

const wanted = digestOf('half of it')
const partial = (store: Store): string => join(store.root, 'content/partial', hexOf(wanted))

const put = (store: Store, table: string, key: string, value: unknown): void => {
  mkdirSync(join(store.root, 'records', table), { recursive: true, mode: 0o700 })
  writeFileSync(join(store.root, 'records', table, fileNameOf(key)), JSON.stringify({ key, value }))
}

/** The only record of a table. */
const recordOf = (store: Store, table: string): string => {
  const [name = ''] = readdirSync(join(store.root, 'records', table))
  return join(store.root, 'records', table, name)
}

const changed = (path: string, change: (text: string) => string): void => {
  const text = readFileSync(path, 'utf8')
  rmSync(path)
  writeFileSync(path, change(text))
}

const linesOf = async (store: Store, repair = false): Promise<readonly string[]> =>
  (await verifyStore(store, { repair })).steps.flatMap((step) =>
    step.findings.map((f) => `${f.severity} ${f.what} ${f.problem}`),
  )

afterEach(() => vi.useRealTimers())

it('finds nothing wrong with a store that has them all, interrupted downloads too', async () => {
  const { store } = await filled()
  using _ = store
  const report = await verifyStore(store)
  expect(report.steps.flatMap((step) => step.findings)).toEqual([])
  const checked = new Map(report.steps.map((step) => [step.name, step.checked]))
  for (const name of ['indexes', 'names by digest', 'downloads']) expect(checked.get(name), name).toBe(1)
  // The record, and the blob that it names.
  expect(checked.get('compressed layers')).toBe(2)
})

/** What is done to the store, what is found, and whether the name still leads somewhere once it is repaired. */
const damages: Readonly<
  Record<
    string,
    { readonly hurt: (filled: Filled) => void; readonly finds: RegExp; readonly survives: boolean }
  >
> = {
  'an index whose document is gone': {
    hurt: ({ store, index }) => rmSync(store.content.pathOf(index.descriptor.digest)),
    finds: /^damage index sha256:\S+ \(.*multi:v1\) its document is not whole: find blob/m,
    survives: false,
  },
  'an index that lost a layer of one image': {
    hurt: ({ store, index }) => {
      const layer = index.images[1]?.image.stack[0] ?? 'none'
      rmSync(join(store.root, 'layers', layer), { recursive: true })
      rmSync(join(store.root, 'records/layers', layer))
      rmSync(store.content.pathOf(index.images[1]?.image.config.rootfs.diff_ids[0] ?? wanted), {
        force: true,
      })
    },
    finds: /^damage index .* layer [0-9a-f]{32} of image sha256:\S+ is gone/m,
    survives: true,
  },
  'an index that lost a manifest': {
    hurt: ({ store, index }) =>
      rmSync(store.content.pathOf(index.images[1]?.image.manifest.digest ?? wanted)),
    finds: /^damage index .* image sha256:\S+ is not whole: find blob/m,
    survives: true,
  },
  'an index record that names a manifest which the index does not': {
    hurt: ({ store, index }) => {
      const [first, second] = index.images.map(({ image }) => image.manifest.digest)
      changed(recordOf(store, 'indexes'), (text) =>
        text.replace(`"digest":"${second}"`, `"digest":"${digestOf(first ?? '')}"`),
      )
    },
    finds: /^damage index .* does not name the manifest sha256:/m,
    survives: true,
  },
  'a torn record of an index': {
    hurt: ({ store }) => changed(recordOf(store, 'indexes'), (text) => text.slice(0, 30)),
    finds: /^damage record records\/indexes\/\S+ is no JSON/m,
    survives: false,
  },
  'a record of an index without images': {
    hurt: ({ store }) =>
      changed(recordOf(store, 'indexes'), (text) => text.replace('"images"', '"pictures"')),
    finds: /^damage record records\/indexes\/\S+ is not a record of this version/m,
    survives: false,
  },
  'a record of compressed forms that is none': {
    hurt: ({ store }) => changed(recordOf(store, 'compressed'), (text) => text.replace('"blob"', '"blub"')),
    finds: /^damage record records\/compressed\/\S+ is not a record of this version/m,
    survives: true,
  },
  'a compressed form whose blob is gone': {
    hurt: ({ store, blob }) => rmSync(store.content.pathOf(blob.digest)),
    finds: /^leftover compressed forms of sha256:\S+ name blob sha256:\S+ of \d+ bytes, which is not here/m,
    survives: true,
  },
  'a record of places that is none': {
    hurt: ({ store }) => changed(recordOf(store, 'places'), (text) => text.replace('"repository"', '"x"')),
    finds: /^damage record records\/places\/\S+ is not a record of this version/m,
    survives: true,
  },
  'a name by digest whose image is gone': {
    hurt: ({ store }) => {
      const digest = digestOf('elsewhere')
      const name = `docker.io/library/gone@${digest}`
      const manifest = { mediaType: 'x', digest, size: 1 }
      put(store, 'pins', name, { name, manifest, imageId: digest, tagged: 1 })
    },
    finds: /^leftover name docker.io\/library\/gone@\S+ leads to an image that is gone/m,
    survives: true,
  },
  'a torn name by digest': {
    hurt: ({ store }) => changed(recordOf(store, 'pins'), (text) => text.slice(0, -9)),
    finds: /^damage record records\/pins\/\S+ is no JSON/m,
    survives: true,
  },
  'a download of a blob that is here': {
    hurt: ({ store }) => void store.content.put('half of it'),
    finds: /^leftover download of sha256:\S+ is over: the blob is in the store/m,
    survives: true,
  },
  'a journal that says more than there is': {
    hurt: ({ store }) => writeFileSync(`${partial(store)}.done`, '0 4\n4 9\n'),
    finds: /^leftover download of sha256:\S+ has 4 bytes, its journal says 9/m,
    survives: true,
  },
  'a journal without bytes': {
    hurt: ({ store }) => rmSync(partial(store)),
    finds: /^leftover download of sha256:\S+ has a journal but no bytes/m,
    survives: true,
  },
  'something else among the downloads': {
    hurt: ({ store }) => writeFileSync(join(store.root, 'content/partial/notes.txt'), ''),
    finds: /^leftover content\/partial\/notes.txt is no download/m,
    survives: true,
  },
}

describe.each(Object.entries(damages))('%s', (_name, { hurt, finds, survives }) => {
  it('is found and repaired', async () => {
    const all = await filled()
    const { store } = all
    using _ = store
    hurt(all)
    // Records that are new may be in the making: some seconds later they are not.
    vi.useFakeTimers({ now: Date.now() + 5000, toFake: ['Date'] })
    expect((await linesOf(store)).join('\n')).toMatch(finds)
    await linesOf(store, true)
    expect(await linesOf(store)).toEqual([])
    expect(store.images.resolve('multi:v1') !== undefined).toBe(survives)
  })
})

it('leaves alone what a process is downloading', async () => {
  const { store } = await filled()
  using _ = store
  rmSync(partial(store))
  const lock = tryLock(`${partial(store)}.lock`)
  expect(await linesOf(store, true)).toEqual([])
  expect(existsSync(`${partial(store)}.done`)).toBe(true)
  lock?.release()
  expect(await linesOf(store, true)).toHaveLength(1)
  expect(existsSync(`${partial(store)}.done`)).toBe(false)
})
