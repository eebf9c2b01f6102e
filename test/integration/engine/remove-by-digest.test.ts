import { expect, it } from 'vitest'
import { familiar, removeImage, type Store } from '../../../src/engine/index.ts'
import { parseReference } from '../../../src/foundation/oci/index.ts'
import { scratchStore } from '../../support/image-store.ts'

const make = async (store: Store, ...names: readonly string[]): Promise<string> => {
  const image = await store.images.create({ architecture: 'amd64', os: 'linux' }, [], { sync: false })
  for (const name of names) store.images.tag(parseReference(name), image, { sync: false })
  return image.manifest.digest
}
const namesIn = (store: Store): readonly string[] =>
  store.images.names().map(({ name }) => familiar(parseReference(name)))

it('a digest in a repository takes no name away, of another one least of all, without force', async () => {
  using store = scratchStore()
  const digest = await make(store, 'localhost:5000/one:1')
  const text = `localhost:5000/one@${digest}`
  expect(() => removeImage(store.images, text, { force: false })).toThrow(
    expect.objectContaining({ code: 'image-has-names', exitCode: 1 }),
  )
  expect(namesIn(store)).toEqual(['localhost:5000/one:1'])
  expect(removeImage(store.images, text, { force: true }).map(({ kind }) => kind)).toEqual([
    'untagged',
    'deleted',
  ])
  expect(namesIn(store)).toEqual([])
})

it('an id takes the only name with it', async () => {
  using store = scratchStore()
  await make(store, 'one:1')
  const [image] = store.images.list()
  expect(removeImage(store.images, image?.id ?? '', { force: false }).map(({ kind }) => kind)).toEqual([
    'untagged',
    'deleted',
  ])
})
