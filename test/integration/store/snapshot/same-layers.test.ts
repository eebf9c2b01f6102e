import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Stack } from '../../../../src/store/snapshot/index.ts'
import { type SnapshotCase, snapshotCases } from '../../../suites/snapshot-cases.ts'
import { busyboxLayer, openRig, runStep, type StoreRig } from '../../../suites/snapshotter.ts'

// A step makes the same layer whether its root was an overlay or a copy.

let place: string
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'tsbuild-same-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=700', 'tmpfs', place])
})
afterAll(() => {
  execFileSync('umount', [place])
  rmSync(place, { recursive: true, force: true })
})

/** Members of the tars of all layers but the first, without the times that are those of this run. */
const layersOf = async ({ snapshots }: StoreRig, [, ...own]: Stack): Promise<readonly string[]> => {
  const listings: string[] = []
  for (const id of own) {
    const { path } = await snapshots.tarOf(id)
    const listing = execFileSync('tar', ['--numeric-owner', '-tvf', path], { encoding: 'utf8' })
    listings.push(listing.replaceAll(/ 20[2-9]\d-\d\d-\d\d \d\d:\d\d /g, ' now '))
  }
  return listings
}

/** Of the others most were found to be the same; not so what changes the root (its time), or links of a lower file (overlay unlinks it). */
const compared =
  /^(deletes a (file|directory)$|makes and deletes|changes only|replaces a|makes a directory again|writes below|renames a lower|swaps|makes hard)/

describe('layers of both drivers', () => {
  const cases = snapshotCases.filter(({ name }) => compared.test(name))
  it.each(cases.map((item): [string, SnapshotCase] => [item.name, item]))('%s', async (name, { steps }) => {
    const listings = []
    for (const driver of ['overlay', 'copy'] as const) {
      const rig = openRig(join(place, driver, name.replaceAll(/\W/g, '-')), driver)
      let stack: Stack = [await busyboxLayer(rig.snapshots)]
      for (const script of steps) stack = await runStep(rig.snapshots, stack, script)
      listings.push(await layersOf(rig, stack))
    }
    expect(listings[1]).toEqual(listings[0])
  })
})
