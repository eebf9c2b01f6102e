import { describe, expect, it } from 'vitest'
import { digestOf, type ImageConfig, parseDiffId } from '../../../../src/foundation/oci/index.ts'
import { checkHistory, historyMatches, layerHistory } from '../../../../src/store/image/index.ts'

const diffId = (text: string) => parseDiffId(digestOf(text))

const config = (layers: readonly string[], history: ImageConfig['history']): ImageConfig => ({
  os: 'linux',
  architecture: 'amd64',
  rootfs: { type: 'layers', diff_ids: layers.map(diffId) },
  ...(history ? { history } : {}),
})

describe('history', () => {
  it('matches when the entries that make layers are as many as the layers', () => {
    expect(historyMatches(config(['a'], [{ empty_layer: true }, {}]))).toBe(true)
    expect(historyMatches(config(['a', 'b'], undefined))).toBe(true)
    expect(historyMatches(config(['a', 'b'], [{}, { empty_layer: true }]))).toBe(false)
    expect(historyMatches(config([], [{}]))).toBe(false)
  })
  it('is refused when it does not match', () => {
    expect(() => checkHistory(config(['a'], [{}, {}]))).toThrow('2 history entries make a layer, expected 1')
  })
  it('pairs entries with layers', () => {
    const paired = layerHistory(
      config(['a', 'b'], [{ created_by: '1' }, { created_by: '2', empty_layer: true }, { created_by: '3' }]),
    )
    expect(paired.map(({ entry, layer, diffId: id }) => [entry.created_by, layer, id])).toEqual([
      ['1', 0, diffId('a')],
      ['2', undefined, undefined],
      ['3', 1, diffId('b')],
    ])
  })
  it('shows only layers where a foreign history is wrong', () => {
    expect(layerHistory(config(['a', 'b'], [{}]))).toHaveLength(2)
  })
})
