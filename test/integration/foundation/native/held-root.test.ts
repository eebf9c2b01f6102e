import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openStepLane } from '../../../../src/foundation/native/index.ts'
import { makeOverlayBed, plainRequest } from '../../../support/container-request.ts'
import { makeTestCgroups, removeTestCgroups } from '../../../support/test-cgroup.ts'

const bed = makeOverlayBed()
afterAll(() => bed[Symbol.dispose]())

let places = 0

/** A file system of its own, of which overlay is sure to say what is in use. */
const withFileSystem = async (work: (place: string) => Promise<void>): Promise<void> => {
  const place = join(bed.path, `own-${++places}`)
  mkdirSync(place)
  execFileSync('mount', ['-t', 'tmpfs', 'none', place])
  try {
    await work(place)
  } finally {
    execFileSync('umount', [place])
  }
}

/** Overlay lets nobody have an upper directory with `index=on` that another mount still has. */
const expectFree = (upper: string, place: string): void => {
  const [work, again] = [join(place, 'other-work'), join(place, 'again')]
  for (const directory of [work, again]) mkdirSync(directory)
  const options = `lowerdir=${bed.lower},upperdir=${upper},workdir=${work},index=on`
  execFileSync('mount', ['-t', 'overlay', 'none', '-o', options, again])
  execFileSync('umount', [again])
}

/** The kernel is busy for a while with forgetting them. */
const many = 'i=0; while [ $i -lt 10000 ]; do echo > /file-$i; i=$((i+1)); done'

describe('the root of a step', () => {
  it.each([
    ['succeeded', many, 0],
    ['failed', `${many}; exit 3`, 3],
    ['left a process behind', 'sleep 1000 & echo > /x', 0],
  ])('is unmounted when the answer comes: one that %s', async (_, script, code) => {
    const cgroups = makeTestCgroups('held', ['devices'])
    const lane = openStepLane()
    try {
      await withFileSystem(async (place) => {
        const [upper, work] = [join(place, 'upper'), join(place, 'work')]
        for (const directory of [upper, work]) mkdirSync(directory)
        const root = { kind: 'overlay', lower: [bed.lower], upper, work } as const
        const request = { ...plainRequest(bed, ['sh', '-c', script], { root }), cgroups }
        expect((await lane.run(request, {})).code).toBe(code)
        expectFree(upper, place)
        expect(lane.isUsable()).toBe(true)
      })
    } finally {
      await lane.close()
      removeTestCgroups(cgroups)
    }
  })
})
