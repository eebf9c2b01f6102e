import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { StepPlace } from '../../../../src/build/ops/index.ts'
import { createStepPlaces } from '../../../../src/engine/build/step-places.ts'
import { ownedName } from '../../../../src/foundation/sys/index.ts'
import { makeOverlayBed, plainRequest } from '../../../support/container-request.ts'

const bed = makeOverlayBed()
const runRoot = mkdtempSync(join(tmpdir(), 'tsbuild-places-'))
afterAll(() => {
  bed[Symbol.dispose]()
  rmSync(runRoot, { recursive: true, force: true })
})

const wishes = { hostname: 'box', extraHosts: [], alone: false }
const resources = { devices: [{ allow: false, access: 'rwm' }] }

let states = 0
const made: string[] = []

/** What a step in the place says. */
const say = async (place: StepPlace, script: string): Promise<string> => {
  const upper = join(bed.path, `upper-${++states}`)
  const work = join(bed.path, `state-${states}/work`)
  mkdirSync(upper)
  mkdirSync(work, { recursive: true })
  const cgroup = place.cgroup(ownedName(), resources)
  made.push(...cgroup.paths)
  const { spec, ...rest } = plainRequest(bed, ['sh', '-c', script])
  const host = place.network.setup.kind === 'host'
  const namespaces = spec.linux.namespaces.filter(({ type }) => !host || type !== 'network')
  const mounts = spec.mounts.filter(({ type }) => !host || type !== 'sysfs')
  let text = ''
  const status = await place.run(
    {
      ...rest,
      spec: { ...spec, mounts, linux: { ...spec.linux, namespaces } },
      root: { kind: 'overlay', lower: [bed.lower], upper, work },
      network: place.network.setup,
      cgroups: cgroup.paths,
    },
    {
      signal: new AbortController().signal,
      onStubs: () => undefined,
      onOutput: (_, chunk) => {
        text += Buffer.from(chunk).toString()
      },
    },
  )
  expect({ code: status.code, text }).toMatchObject({ code: 0 })
  cgroup.remove()
  return text.trim()
}

const look = 'readlink /proc/self/ns/net'

it('gives steps at the same time places of their own, and a free one to the next', async () => {
  const places = createStepPlaces({}, runRoot)
  const [one, two] = [await places.take('none', wishes), await places.take('none', wishes)]
  const nets = await Promise.all([say(one, look), say(two, look)])
  expect(nets[0]).not.toBe(nets[1])
  expect(new Set(made).size).toBe(2)
  one.release()
  const three = await places.take('none', wishes)
  expect(await say(three, look)).toBe(nets[0])
  // What it has sent is seen in the counters: nobody gets this one.
  await say(three, 'ping -c 1 127.0.0.1')
  two.release()
  three.release()
  const four = await places.take('none', wishes)
  expect(await say(four, look)).toBe(nets[1])
  four.release()
  await places.close()
  expect(made.filter((path) => existsSync(path))).toEqual([])
})

it('does not mix kinds of networks, nor what is to be alone', async () => {
  await using places = createStepPlaces({}, runRoot)
  const host = await places.take('host', wishes)
  expect(await say(host, look)).toBe(readlinkSync('/proc/self/ns/net'))
  host.release()
  const none = await places.take('none', wishes)
  const net = await say(none, look)
  expect(net).not.toBe(readlinkSync('/proc/self/ns/net'))
  none.release()
  const before = [...made]
  const alone = await places.take('none', { ...wishes, alone: true })
  await say(alone, look)
  expect(made.slice(before.length).filter((path) => before.includes(path))).toEqual([])
  alone.release()
})

it('gives each step limits of its own', async () => {
  await using places = createStepPlaces({ resources: { memory: { limit: 64 << 20 } } }, runRoot)
  const before = made.length
  for (let i = 0; i < 2; i++) {
    const place = await places.take('none', wishes)
    await say(place, 'true')
    place.release()
  }
  const now = made.slice(before)
  expect(new Set(now).size).toBe(now.length)
  expect(now.filter((path) => existsSync(path))).toEqual([])
})
