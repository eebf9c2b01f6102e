import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeOverlayBed, plainRequest, run } from '../../../support/container-request.ts'

it('a root of more layers than two overlays take says so', async () => {
  using bed = makeOverlayBed()
  const layers = Array.from({ length: 998 }, (_, i) => {
    const layer = join(bed.path, `layer${i}`)
    mkdirSync(layer)
    return layer
  })
  const root = { kind: 'overlay', upper: bed.upper, work: bed.work } as const
  const request = plainRequest(bed, ['true'])
  const most = [...layers.slice(1), bed.lower]
  expect(await run({ ...request, root: { ...root, lower: most } })).toMatchObject({ code: 0 })
  const ran = run({ ...request, root: { ...root, lower: [...layers, bed.lower], work: bed.path } })
  await expect(ran).rejects.toThrow('999 layers, of which the kernel takes 998')
})

/** The kernel takes 500 lower layers; one more, the directory of mount points, is the helper's own. */
it.each([500, 620])('a root of %i layers shows what its layers say', async (count) => {
  using bed = makeOverlayBed()
  const layers = Array.from({ length: count - 1 }, (_, i) => {
    const layer = join(bed.path, `layer${i}`)
    mkdirSync(layer)
    writeFileSync(join(layer, 'last'), `${i}\n`)
    writeFileSync(join(layer, `own${i}`), '')
    return layer
  })
  // One high up hides what one at the bottom has, and one at the bottom what the root has.
  execFileSync('mknod', [join(layers.at(-1) ?? '', 'own0'), 'c', '0', '0'])
  execFileSync('mknod', [join(layers[1] ?? '', 'home'), 'c', '0', '0'])
  const request = plainRequest(bed, [
    'sh',
    '-c',
    'cat /last; ls -d /own* | wc -l; ls -d /own0 /home 2>&1 | grep -c "No such"; rm /own3 && echo new > /made',
  ])
  const ran = await run({
    ...request,
    root: { kind: 'overlay', lower: [...layers.toReversed(), bed.lower], upper: bed.upper, work: bed.work },
  })
  expect(ran).toMatchObject({ code: 0, stdout: `${count - 2}\n${count - 2}\n2\n` })
  expect(readdirSync(bed.upper).sort()).toEqual(['made', 'own3'])
  expect(existsSync(join(bed.lower, 'home'))).toBe(true)
})
