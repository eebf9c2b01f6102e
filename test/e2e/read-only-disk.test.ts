import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { canMake, makeDisk } from '../support/disk.ts'
import { expectCode, makeDirectory, type Outcome, tsbuild } from '../support/e2e/rig.ts'

/** Goes on when nothing can be written any more. */
const untilReadOnly = 'while touch /probe; do sleep 0.1; done 2>/dev/null'

/** Builds on a disk that becomes read-only while the step runs. */
const cutOff = async (script: string): Promise<Outcome> => {
  using disk = makeDisk('ext4', 96)
  using image = makeDirectory()
  const root = join(disk.path, 'store')
  const saved = join(image.path, 'busybox.tar')
  expectCode(await tsbuild(['save', '-o', saved, 'busybox']))
  expectCode(await tsbuild(['load', '-q', '-i', saved], { root }))
  using context = makeDirectory({ Dockerfile: `FROM busybox\nRUN ${untilReadOnly}; ${script}\n` })
  let isOver = false
  const building = tsbuild(['-q', context.path], { root }).finally(() => {
    isOver = true
  })
  const active = join(root, 'active')
  const runs = (): boolean =>
    readdirSync(active).some((name) => existsSync(join(active, name, 'layer/tree/probe')))
  while (!isOver && !runs()) await setTimeout(20)
  for (let isCut = false; !isOver && !isCut; ) {
    try {
      disk.remount('ro')
      isCut = true
    } catch {
      // The step writes at this moment.
      await setTimeout(20)
    }
  }
  return await building
}

it.skipIf(!canMake('ext4'))('says that the disk became read-only while a step ran', async () => {
  const { code, stderr } = await cutOff('true')
  expect(stderr).toMatch(/^tsbuild: error: .*mounted read-only\nhint: mount it writable/)
  expect(code).toBe(74)
})

it.skipIf(!canMake('ext4'))('says how the step failed when nothing can be removed after it', async () => {
  const { code, stderr } = await cutOff('echo why; exit 7')
  expect(stderr).toContain('why\n')
  expect(stderr).toMatch(/tsbuild: error: run .*: exit code 7\n/)
  expect(stderr).not.toContain('mounted read-only')
  expect(code).toBe(7)
})
