import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../../../src/foundation/errors/index.ts'
import type { Digest } from '../../../../src/foundation/oci/index.ts'
import { bootId } from '../../../../src/foundation/sys/index.ts'
import { checkBlobs } from '../../../../src/store/content/check-blobs.ts'
import { checkLayers } from '../../../../src/store/snapshot/checks.ts'
import { openStoreRoot } from '../../../../src/store/snapshot/index.ts'
import { openRig, type StoreRig } from '../../../suites/snapshotter.ts'
import { edited, fresh, type Written, writeContents } from '../../../support/patched-layers.ts'

let temp: string
let rig: StoreRig
let first: Written
let layer: Written
beforeEach(async () => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-patch-checks-'))
  rig = openRig(join(temp, 'store'), 'overlay')
  first = await writeContents(rig.snapshots, fresh)
  layer = await writeContents(rig.snapshots, edited(fresh, 5, 1), first)
  await rig.snapshots.sync()
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const fileOf = (name: string): string => join(rig.root, 'layers', layer.layer, name)
const base = (): Digest => rig.snapshots.get(layer.layer)?.patch?.digest ?? ('' as Digest)
const none = (): void => {}

const check = (contents: boolean): readonly Finding[] => {
  const { root, content } = rig
  return [
    ...checkBlobs({ root, hash: contents }, none),
    ...checkLayers({ root, content, contents, since: Date.now() }, none),
  ]
}
const words = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ severity, what, problem }) => `${severity} ${what.split(' ')[0]}: ${problem}`)
/** As the verb does: each thing that is found is repaired before the next is looked for. */
const repair = (): readonly (string | undefined)[] => {
  const { root, content } = rig
  const said: (string | undefined)[] = []
  for (const finding of checkBlobs({ root, hash: true }, none)) said.push(finding.repair?.() as string)
  for (const finding of checkLayers({ root, content, contents: true, since: Date.now() }, none))
    said.push(finding.repair?.() as string)
  return said
}

/** Turns one bit of a file that may not be written to. */
const spoil = (path: string, at: number): void => {
  const bytes = readFileSync(path)
  const place = at < 0 ? bytes.length + at : at
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place)
  rmSync(path)
  writeFileSync(path, bytes, { mode: 0o444 })
}

it('finds nothing in a patch that is whole', () => {
  expect(check(true)).toEqual([])
})

describe('a patch whose table is damaged', () => {
  it('is found without looking at contents, and goes with its layer when that has no other form', () => {
    spoil(fileOf('patch'), -600)
    expect(words(check(false))).toEqual([
      expect.stringMatching(/^damage layer: its patch cannot be read: .*table/),
    ])
    // The second is what led to it by its DiffId.
    expect(repair()).toEqual([expect.stringContaining('it has no other form'), 'dropped'])
    expect(rig.snapshots.get(layer.layer)).toBeUndefined()
    expect(check(true)).toEqual([])
  })

  it('goes alone when there is another form', async () => {
    await rig.snapshots.tarOf(layer.layer)
    spoil(fileOf('patch'), -600)
    expect(repair()).toEqual([expect.stringContaining('its patch was dropped')])
    expect(rig.snapshots.get(layer.layer)?.patch).toBeUndefined()
    expect(rig.snapshots.get(layer.layer)?.blob).toBeDefined()
    expect(check(true)).toEqual([])
  })

  it('stays when a container stands on it and nothing else is left', () => {
    spoil(fileOf('patch'), -600)
    const owned = join(rig.root, 'owned', 'container')
    mkdirSync(owned, { recursive: true })
    writeFileSync(join(owned, 'stack'), `${layer.layer}\n.\n`)
    const [finding] = check(false)
    expect(finding?.problem).toMatch(/a container stands on it/)
    expect(finding?.repair).toBeUndefined()
  })
})

it('finds own bytes that are damaged by the tar that they make', () => {
  spoil(fileOf('patch'), 5000)
  expect(check(false)).toEqual([])
  expect(words(check(true))).toEqual([
    expect.stringMatching(/^damage layer: the tar that its patch makes has digest sha256:/),
  ])
  expect(repair()).toEqual([expect.stringContaining('it has no other form'), 'dropped'])
  expect(check(true)).toEqual([])
})

it('finds a base that is damaged; what is left without it is a layer without a form', () => {
  spoil(rig.content.pathOf(base()), 200_000)
  expect(words(check(true))).toEqual([
    expect.stringMatching(/^damage blob: /),
    expect.stringMatching(/^damage layer: the tar that its patch makes has digest sha256:/),
  ])
  expect(repair()).toEqual([
    expect.stringMatching(/dropped/),
    'its record was dropped',
    'its record was dropped',
    expect.anything(),
    expect.anything(),
  ])
  expect(check(true)).toEqual([])
  expect([...rig.snapshots.list()]).toEqual([])
})

it('finds a patch of something that is gone beside another form', async () => {
  await rig.snapshots.tarOf(layer.layer)
  rmSync(rig.content.pathOf(base()))
  expect(words(check(true))).toContain('leftover layer: has a patch of something that is gone')
  repair()
  expect(existsSync(fileOf('patch'))).toBe(false)
  expect(rig.snapshots.get(layer.layer)?.blob).toBeDefined()
  expect(check(true)).toEqual([])
})

it('finds a patch of another layer', async () => {
  const other = await writeContents(rig.snapshots, edited(edited(fresh, 5, 2), 6, 2), first)
  renameSync(join(rig.root, 'layers', other.layer, 'patch'), fileOf('patch'))
  expect(words(check(true))).toContainEqual(
    expect.stringMatching(/^damage layer: the tar that its patch makes/),
  )
})

describe('after a power cut', () => {
  /** As if the marks of this boot were those of an earlier one. */
  const reboot = (): void => {
    renameSync(join(rig.root, 'volatile', bootId()), join(rig.root, 'volatile/earlier'))
    openStoreRoot(rig.root)
    rig = openRig(rig.root, 'overlay')
  }

  it('drops a patch that no sync has covered, and keeps one that a sync has', async () => {
    const newer = await writeContents(rig.snapshots, edited(fresh, 6, 1), first)
    expect(rig.snapshots.get(newer.layer)?.volatileBoot).toBe(bootId())
    expect(rig.snapshots.get(layer.layer)?.volatileBoot).toBeUndefined()
    await rig.snapshots.view([layer.layer])
    reboot()
    expect(rig.snapshots.get(newer.layer)).toBeUndefined()
    expect(rig.snapshots.get(layer.layer)?.patch).toBeDefined()
    expect(check(true).filter(({ severity }) => severity === 'damage')).toEqual([])
  })

  it('drops a tree that no sync has covered, and keeps the patch beside it', async () => {
    rig.snapshots.unpackFromNow()
    await rig.snapshots.prepare([layer.layer])
    expect(rig.snapshots.get(layer.layer)).toMatchObject({ tree: true, volatileBoot: bootId() })
    reboot()
    expect(rig.snapshots.get(layer.layer)).toMatchObject({ tree: false, patch: { digest: base() } })
  })
})
