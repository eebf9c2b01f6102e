import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RootMount } from '../../../../src/foundation/native/index.ts'
import { createLowestLayers } from '../../../../src/foundation/native/lowest-layers.ts'

let owned = ''
beforeEach(() => {
  owned = mkdtempSync(join(tmpdir(), 'tsbuild-lowest-'))
})
afterEach(() => rmSync(owned, { recursive: true, force: true }))

const stack = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `/layer/${count - i}`)

const root = (lower: readonly string[]): RootMount => ({
  kind: 'overlay',
  lower,
  upper: '/upper',
  work: '/work',
  owned,
})

/** What is said of each stack, while the helper keeps what it is asked to keep. */
const chosen = (stacks: Iterable<readonly string[]>): readonly string[] => {
  const layers = createLowestLayers()
  let keeps = false
  return [...stacks].map((lower) => {
    const found = layers.of(root(lower))
    keeps ||= found?.kind === 'keep'
    layers.ended(keeps)
    return found ? `${found.kind} ${found.count}` : 'all'
  })
}

const growing = (from: number, to: number): readonly (readonly string[])[] =>
  Array.from({ length: to - from + 1 }, (_, i) => stack(from + i))

describe('the lowest layers of a lane', () => {
  it('are kept when they were those of the step before, again when there are many more', () => {
    const said = chosen(growing(1, 200))
    expect(said.slice(0, 127)).toEqual(Array(127).fill('all'))
    expect(said[127]).toBe('keep 127')
    expect(said.slice(128, 159)).toEqual(Array(31).fill('kept 127'))
    expect(said[159]).toBe('keep 159')
    expect(said[160]).toBe('kept 159')
  })

  it('are named for a step on no more than docker takes, though some of them are kept', () => {
    const other = [...stack(130).slice(0, 90), '/other', ...stack(130).slice(91)]
    expect(chosen([stack(127), stack(127), other, stack(127), other])).toEqual([
      'all',
      'all',
      'keep 39',
      'all',
      'kept 39',
    ])
  })

  it('are named for the first step, whatever it stands on', () => {
    expect(chosen(growing(200, 202))).toEqual(['all', 'keep 200', 'kept 200'])
  })

  it('are those of the step before only as far as they are the same', () => {
    const other = [...stack(160).slice(0, 20), '/other', ...stack(160).slice(21)]
    expect(chosen([stack(159), stack(160), other, stack(161), stack(20), stack(162)])).toEqual([
      'all',
      'keep 159',
      'keep 139',
      'kept 139',
      'all',
      'kept 139',
    ])
  })

  it('never stand for all of a step', () => {
    expect(chosen([stack(140), stack(140), stack(140)])).toEqual(['all', 'keep 139', 'kept 139'])
    expect(chosen([stack(140), stack(141), stack(140)])).toEqual(['all', 'keep 140', 'keep 139'])
  })

  it('are no more than the kernel takes, and neither are those beside them', () => {
    expect(chosen([stack(900), stack(901), stack(998), stack(999)])).toEqual([
      'all',
      'keep 500',
      'kept 500',
      'all',
    ])
  })

  it('are not asked for again once the helper could not', () => {
    const layers = createLowestLayers()
    layers.of(root(stack(140)))
    layers.ended(false)
    expect(layers.of(root(stack(141)))).toMatchObject({ kind: 'keep', count: 140 })
    expect(readdirSync(owned)).toHaveLength(1)
    layers.ended(false)
    expect(readdirSync(owned)).toEqual([])
    expect(layers.of(root(stack(142)))).toBeUndefined()
  })

  it('have a directory as long as they are kept', () => {
    const layers = createLowestLayers()
    const directories = growing(140, 173).flatMap((lower) => {
      const found = layers.of(root(lower))
      layers.ended(lower.length > 140)
      return found?.kind === 'keep' ? [found.directory] : []
    })
    expect(directories.map((path) => existsSync(path))).toEqual([false, true])
    layers.close()
    expect(readdirSync(owned)).toEqual([])
  })

  it('are none of what nothing is written to, or of what has no place for them', () => {
    const layers = createLowestLayers()
    const { upper: _1, work: _2, ...readOnly } = root(stack(140)) as Extract<RootMount, { kind: 'overlay' }>
    const { owned: _3, ...homeless } = root(stack(140)) as Extract<RootMount, { kind: 'overlay' }>
    for (const one of [readOnly, readOnly, homeless, homeless]) {
      expect(layers.of(one)).toBeUndefined()
      layers.ended(false)
    }
  })
})
