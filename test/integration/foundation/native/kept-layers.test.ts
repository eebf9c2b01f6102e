import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { afterAll, expect, it } from 'vitest'
import {
  applySpecials,
  encodeRequest,
  nativeBinary,
  openStepLane,
  type RootMount,
  type StepLane,
} from '../../../../src/foundation/native/index.ts'
import { treeEntries } from '../../../../src/store/layer/index.ts'
import { makeOverlayBed, plainRequest, run } from '../../../support/container-request.ts'

const bed = makeOverlayBed()
afterAll(() => bed[Symbol.dispose]())

/** Older kernels take no mount as a layer that is nowhere attached: there all layers are named for each step. */
const [major = 0, minor = 0] = release().split('.').map(Number)
const keeps = major > 6 || (major === 6 && minor >= 15)

/** The layers of the base, with things that later ones hide, replace and add to. */
const makeLayers = (name: string, count: number): readonly string[] => {
  const layers = Array.from({ length: count }, (_, i) => {
    const layer = join(bed.path, `${name}${i}`)
    mkdirSync(layer)
    writeFileSync(join(layer, 'last'), `${i}\n`)
    writeFileSync(join(layer, `own${i}`), `own ${i}\n`)
    return layer
  })
  const at = (i: number, path: string): string => join(layers[i] ?? '', path)
  for (const [i, names] of [
    [2, ['d/a', 'd/b', 'e/sub/x', 'gone/y', 'file']],
    [8, ['d/c', 'e/sub/z']],
    [20, ['d/new']],
  ] as const)
    for (const path of names) {
      mkdirSync(join(at(i, path), '..'), { recursive: true })
      writeFileSync(at(i, path), `${path} of ${i}\n`)
    }
  // One that hides what is below it, and whiteouts: of a file, of a directory, and of what the base has.
  applySpecials(at(20, '.'), [
    { op: 'xattr', path: 'd', name: 'trusted.overlay.opaque', value: Buffer.from('y') },
  ])
  for (const path of ['own0', 'gone', 'home']) execFileSync('mknod', [at(22, path), 'c', '0', '0'])
  execFileSync('ln', [at(2, 'file'), at(2, 'linked')])
  return [bed.lower, ...layers]
}

let states = 0
const owned = join(bed.path, 'owned')
mkdirSync(owned)

const rootOn = (layers: readonly string[]): Extract<RootMount, { kind: 'overlay' }> & { upper: string } => {
  const upper = join(bed.path, `upper-${++states}`)
  const work = join(bed.path, `state-${states}/work`)
  mkdirSync(upper)
  mkdirSync(work, { recursive: true })
  return { kind: 'overlay', lower: layers.toReversed(), upper, work, owned }
}

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly upper: string
}

const runOn = async (lane: StepLane, layers: readonly string[], script: string): Promise<Ran> => {
  const root = rootOn(layers)
  let stdout = ''
  const { code } = await lane.run(plainRequest(bed, ['sh', '-c', script], { root, cgroups: [] }), {
    onOutput: (_, chunk) => {
      stdout += Buffer.from(chunk).toString('utf8')
    },
  })
  return { code, stdout, upper: root.upper }
}

const withLane = async (work: (lane: StepLane) => Promise<void>): Promise<void> => {
  const lane = openStepLane()
  try {
    await work(lane)
  } finally {
    await lane.close()
  }
}

const countNamed = 'grep -o lowerdir+ /proc/mounts | wc -l'

const look =
  'cat /last; ls -d /own* | wc -l; ls -d /own0 /gone /home 2>&1; ls -lR /d /e; find / -xdev -type f | sort | md5sum'

const change = [
  'set -e',
  'stat -c "%n %i %d %h" /bin/busybox /own3 /own30 /d /d/new / > /tmp/before',
  'chmod 600 /own3 /own30; chown 7:7 /bin/busybox; chmod 711 /d',
  'stat -c "%n %i %d" /bin/busybox /own3 /own30 /d /d/new / > /tmp/after',
  'cut -d" " -f1-3 /tmp/before | cmp - /tmp/after',
  'rm -r /tmp/before /tmp/after',
  'mv /e /moved; rm -r /d; mkdir /d; echo again > /d/a; rm /own5; echo more >> /own6; ln /own7 /d/seven',
  'mkdir /gone; mv /linked /last',
].join('\n')

const written = (upper: string): readonly unknown[] => {
  return treeEntries(upper, { root: false }).map((entry) => ({ ...entry, mtime: 0, mtimeNsec: 0, inode: 0 }))
}

it('show and become the same as layers that are named one by one', () =>
  withLane(async (lane) => {
    const layers = makeLayers('many', 160)
    await runOn(lane, layers.slice(0, 158), 'true')
    const full = await runOn(lane, layers.slice(0, 159), `${countNamed}; ${look}`)
    const shown = await runOn(lane, layers, `${countNamed}; ${look}`)
    const changed = await runOn(lane, layers, change)
    const single = await withOther(layers, look)
    expect({ full: full.code, shown: shown.code, changed: changed.code }).toEqual({
      full: 0,
      shown: 0,
      changed: 0,
    })
    const [named, ...rest] = shown.stdout.split('\n')
    expect(Number(named)).toBeLessThan(keeps ? 8 : 170)
    expect(rest.join('\n')).toBe(single)
    const alone = rootOn(layers)
    expect(await run({ ...plainRequest(bed, ['sh', '-c', change]), root: alone })).toMatchObject({ code: 0 })
    expect(written(changed.upper)).toEqual(written(alone.upper))
  }))

/** What a process of the helper shows that has kept nothing. */
const withOther = async (layers: readonly string[], script: string): Promise<string> => {
  const ran = await run({ ...plainRequest(bed, ['sh', '-c', script]), root: rootOn(layers) })
  expect(ran).toMatchObject({ code: 0 })
  return ran.stdout
}

it('leave files on the device of their directories as long as docker could build it', () =>
  withLane(async (lane) => {
    const layers = makeLayers('docker', 126)
    await runOn(lane, layers.slice(0, 126), 'true')
    const { stdout } = await runOn(lane, layers, 'stat -c %d /own100 /own125 /d /d/new | uniq | wc -l')
    expect(stdout).toBe('1\n')
  }))

it('may be fewer or other ones than those that are kept', () =>
  withLane(async (lane) => {
    const layers = makeLayers('other', 160)
    const swapped = [...layers.slice(0, 4), ...layers.slice(5)]
    await runOn(lane, layers.slice(0, 158), 'true')
    await runOn(lane, layers.slice(0, 159), 'true')
    const counted: string[] = []
    for (const stack of [layers, layers.slice(0, 30), swapped, layers.slice(0, 2), layers])
      counted.push((await runOn(lane, stack, 'ls -d /own* | wc -l; cat /last')).stdout)
    expect(counted).toEqual(['159\n159\n', '28\n28\n', '158\n159\n', '1\n0\n', '159\n159\n'])
  }))

it('are more than the kernel takes in one mount', () =>
  withLane(async (lane) => {
    const layers = makeLayers('deep', 700)
    for (const count of [698, 699, 700, 701]) {
      const { stdout } = await runOn(lane, layers.slice(0, count), 'ls -d /own* | wc -l; cat /last; ls /d')
      expect(stdout).toBe(`${count - 2}\n${count - 2}\nnew\n`)
    }
  }))

it('are there before a request stands on them', async () => {
  const request = { ...plainRequest(bed, ['true']), root: rootOn(makeLayers('few', 40)) }
  expect(Buffer.from(encodeRequest(request, { kind: 'kept', count: 30 })).includes('few5')).toBe(false)
  const child = spawn(nativeBinary(), ['steps'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const control = child.stdio[3]
  if (!(control instanceof Duplex)) throw new Error('unreachable')
  const said = new Promise<string>((resolve) =>
    control.once('data', (data: Buffer) => resolve(data.toString())),
  )
  const ended = new Promise((resolve) => child.once('exit', resolve))
  control.write(encodeRequest(request, { kind: 'kept', count: 30 }))
  expect(await said).toContain('no layers are kept')
  control.destroy()
  await ended
})
