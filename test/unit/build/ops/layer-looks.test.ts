import { expect, it } from 'vitest'
import { createLayerLooks } from '../../../../src/build/ops/layer-looks.ts'
import { digestOf, parseDiffId } from '../../../../src/foundation/oci/index.ts'
import type { LayerId, LayerRecord } from '../../../../src/store/snapshot/index.ts'

const idOf = (n: number): LayerId => String(n).padStart(32, '0') as LayerId
const blob = { mediaType: 'x', digest: digestOf('gzip'), size: 1 }

const rig = () => {
  const records = new Map<LayerId, LayerRecord>()
  const asked: LayerId[] = []
  const looks = createLayerLooks({
    get: (id) => {
      asked.push(id)
      return records.get(id)
    },
  })
  const add = (n: number, more: Partial<LayerRecord>): LayerId => {
    const id = idOf(n)
    records.set(id, { id, tree: false, created: 0, ...more })
    return id
  }
  return { records, asked, looks, add }
}

it('looks at each layer once, however many steps stand on it', () => {
  const { asked, looks, add } = rig()
  const stack = Array.from({ length: 50 }, (_, n) => add(n, { tree: true }))
  for (let steps = 1; steps <= stack.length; steps++) {
    expect(looks.areHere(stack.slice(0, steps))).toBe(true)
    expect(looks.compressedIn(stack.slice(0, steps))).toEqual([])
  }
  expect(asked).toHaveLength(stack.length)
})

it('asks again of what is absent or compressed: that may change', () => {
  const { records, looks, add } = rig()
  const diffId = parseDiffId(digestOf('tar'))
  const [plain, packed] = [add(1, { blob: { ...blob, digest: diffId }, diffId }), add(2, { blob, diffId })]
  expect(looks.compressedIn([plain, packed])).toEqual([packed])
  records.set(packed, { id: packed, created: 0, tree: true, blob, diffId })
  expect(looks.compressedIn([plain, packed])).toEqual([])
  expect(looks.areHere([plain, idOf(3)])).toBe(false)
  add(3, { tree: true })
  expect(looks.areHere([plain, idOf(3)])).toBe(true)
})
