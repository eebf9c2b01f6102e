import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type ContainerRequest,
  decodeScan,
  encodeRequest,
  nativeBinary,
  openStepLane,
  type RunOptions,
  type StepLane,
  type StepStatus,
  scanTree,
} from '../../../../src/foundation/native/index.ts'
import { encodeIndex, treeEntries } from '../../../../src/store/layer/index.ts'
import { makeOverlayBed, plainProcess, plainRequest } from '../../../support/container-request.ts'
import { isUnified, makeTestCgroups, removeTestCgroups } from '../../../support/test-cgroup.ts'

const bed = makeOverlayBed()
afterAll(() => bed[Symbol.dispose]())

let states = 0

/** Every step has an upper directory of its own. */
const request = (script: string, overrides: Partial<ContainerRequest> = {}): ContainerRequest => {
  const upper = join(bed.path, `upper-${++states}`)
  const work = join(bed.path, `state-${states}/work`)
  mkdirSync(upper)
  mkdirSync(work, { recursive: true })
  return plainRequest(bed, ['sh', '-c', script], {
    root: { kind: 'overlay', lower: [bed.lower], upper, work },
    ...overrides,
  })
}

interface Ran extends StepStatus {
  readonly stdout: string
  readonly stderr: string
}

const runIn = async (lane: StepLane, one: ContainerRequest, options: RunOptions = {}): Promise<Ran> => {
  const texts = { stdout: '', stderr: '' }
  const onOutput: RunOptions['onOutput'] = (stream, chunk) => {
    texts[stream] += Buffer.from(chunk).toString('utf8')
  }
  return { ...(await lane.run(one, { onOutput, ...options })), ...texts }
}

const withLane = async (
  work: (lane: StepLane, cgroups: readonly string[]) => Promise<void>,
): Promise<void> => {
  const cgroups = makeTestCgroups(`lane${++states}`, ['devices'])
  const lane = openStepLane()
  try {
    await work(lane, cgroups)
  } finally {
    await lane.close()
    for (const path of cgroups) expect(existsSync(path)).toBe(false)
    removeTestCgroups(cgroups)
  }
}

const isRunning = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

const until = async (what: () => boolean): Promise<void> => {
  for (let i = 0; i < 4000 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(what()).toBe(true)
}

const helperOf = (pid: number): number =>
  Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

describe('steps in a lane', () => {
  it('run one after the other, each with its output and its code', () =>
    withLane(async (lane, cgroups) => {
      const big = 'i=0; while [ $i -lt 20000 ]; do echo "line $i of many"; i=$((i+1)); done'
      expect(await runIn(lane, request('echo one; echo two >&2', { cgroups }))).toMatchObject({
        code: 0,
        stdout: 'one\n',
        stderr: 'two\n',
      })
      expect(await runIn(lane, request('exit 7', { cgroups }))).toMatchObject({ code: 7, stdout: '' })
      const { stdout } = await runIn(lane, request(big, { cgroups }))
      expect(stdout.split('\n')).toHaveLength(20001)
      expect(stdout).toContain('line 19999 of many\n')
      expect((await runIn(lane, request("sh -c 'kill -9 $$'; exit $?", { cgroups }))).code).toBe(137)
      expect(lane.isUsable()).toBe(true)
    }))

  it('share the network namespace as long as nothing was sent, and no other', () =>
    withLane(async (lane, cgroups) => {
      const look =
        'for n in pid ipc uts mnt cgroup net; do readlink /proc/self/ns/$n; done; ps | wc -l; cat /proc/net/dev'
      const [first, second] = [
        await runIn(lane, request(look, { cgroups })),
        await runIn(lane, request(look, { cgroups })),
      ]
      const lines = (ran: Ran): readonly string[] => ran.stdout.split('\n')
      expect(lines(second)[5]).toBe(lines(first)[5])
      expect(lines(second).slice(6)).toEqual(lines(first).slice(6))
      // Which numbers namespaces get when others have just gone is the kernel's matter; that the host's are none of them is not.
      for (const name of ['pid', 'ipc', 'uts', 'mnt'])
        expect(first.stdout).not.toContain(execFileSync('readlink', [`/proc/self/ns/${name}`]).toString())
      expect((await runIn(lane, request('ping -c 1 127.0.0.1 > /dev/null', { cgroups }))).code).toBe(0)
      expect(lane.isUsable()).toBe(false)
    }))

  it('find nothing of those before them', () =>
    withLane(async (lane, cgroups) => {
      const leave =
        'mkdir /dev/shm/x; hostname other 2>/dev/null; (while :; do sleep 1; done) & echo here > /left; ulimit -c 0'
      await runIn(lane, request(leave, { cgroups }))
      const look =
        'ls /dev/shm /left; hostname; ps -o comm | grep -c sleep; ulimit -c; ls /proc/self/fd | wc -l'
      const ran = await runIn(lane, request(look, { cgroups }))
      expect(ran.stdout.split('\n').slice(0, 3)).toEqual(['/dev/shm:', 'box', '0'])
      expect(ran.stderr).toContain('/left')
    }))

  it('are in the cgroup from the start, which is the root of what they see', () =>
    withLane(async (lane, cgroups) => {
      for (let i = 0; i < 2; i++) {
        let seen = ''
        const { stdout } = await runIn(lane, request('cat /proc/self/cgroup; sleep 0.1', { cgroups }), {
          onStarted: (pid) => {
            seen = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
          },
        })
        for (const path of cgroups) expect(seen).toContain(path.split('/').at(-1))
        expect(stdout).toMatch(isUnified() ? /^0::\/$/m : /devices:\/$/m)
      }
    }))

  const listedBy = async (lane: StepLane, one: ContainerRequest) => {
    const { scan, index, code } = await runIn(lane, one)
    const upper = one.root.kind === 'overlay' ? one.root.upper : undefined
    return { scan: scan && decodeScan(scan), index, code, upper: upper ?? '' }
  }

  it('give an index of what they have written', () =>
    withLane(async (lane, cgroups) => {
      for (const script of ['true', 'echo x > /f; mkdir -p /d/e; ln -s f /l; rm -r /home']) {
        const { scan, index, upper } = await listedBy(lane, request(script, { cgroups }))
        expect(scan).toBeUndefined()
        expect(index).toEqual(encodeIndex(treeEntries(upper)))
      }
    }))

  it('give what a scan would, where what they have written is not plain, and nothing when they failed', () =>
    withLane(async (lane, cgroups) => {
      const linked = await listedBy(lane, request('echo x > /f; ln /f /g', { cgroups }))
      expect(linked.index).toBeUndefined()
      expect(linked.scan).toEqual(scanTree(linked.upper))
      const failed = await listedBy(lane, request('exit 1', { cgroups }))
      expect([failed.code, failed.index, failed.scan]).toEqual([1, undefined, undefined])
    }))

  it('say why a program could not be executed, and go on', () =>
    withLane(async (lane, cgroups) => {
      const missing = { ...request('', { cgroups }) }
      const spec = { ...missing.spec, process: plainProcess(['/nosuch']) }
      expect(await runIn(lane, { ...missing, spec })).toMatchObject({
        code: 127,
        message: 'exec "/nosuch": no such file or directory',
      })
      expect((await runIn(lane, request('echo on', { cgroups }))).stdout).toBe('on\n')
    }))

  it('end with the lane when they cannot be made', () =>
    withLane(async (lane, cgroups) => {
      const bad = request('true', { cgroups, root: { kind: 'overlay', lower: ['/nosuch/lower'] } })
      await expect(runIn(lane, bad)).rejects.toMatchObject({ code: 'native-failed' })
      expect(lane.isUsable()).toBe(false)
      await expect(runIn(lane, request('true', { cgroups }))).rejects.toThrow()
    }))

  it('refuse what is for a container of its own', () =>
    withLane(async (lane, cgroups) => {
      await expect(runIn(lane, request('true', { cgroups, init: true }))).rejects.toMatchObject({
        details: { step: 'request' },
      })
    }))
})

describe('the end of a lane', () => {
  it('kills what runs when it is aborted', () =>
    withLane(async (lane, cgroups) => {
      const abort = new AbortController()
      let container = 0
      const ran = await runIn(lane, request('echo up; sleep 600', { cgroups }), {
        signal: abort.signal,
        onStarted: (pid) => {
          container = pid
          abort.abort()
        },
      })
      expect(ran.code).toBe(137)
      expect(isRunning(container)).toBe(false)
      expect(lane.isUsable()).toBe(false)
    }))

  it('by a kill of the helper leaves neither container nor cgroups', () =>
    withLane(async (lane, cgroups) => {
      let container = 0
      await runIn(lane, request('true', { cgroups }))
      const running = runIn(lane, request('sleep 600 & sleep 600', { cgroups }), {
        onStarted: (pid) => {
          container = pid
          process.kill(helperOf(pid), 'SIGKILL')
        },
      })
      await expect(running).rejects.toMatchObject({ code: 'native-died' })
      await until(() => !isRunning(container))
      await until(() => cgroups.every((path) => !existsSync(path)))
    }))

  it('comes with the end of its caller, while a step runs and between two', async () => {
    for (const script of ['sleep 600 & sleep 600', 'true']) {
      const cgroups = makeTestCgroups(`orphan${++states}`, ['devices'])
      try {
        const child = spawn(nativeBinary(), ['steps'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
        const control = child.stdio[3]
        if (!(control instanceof Duplex)) throw new Error('unreachable')
        const ended = new Promise((resolve) => child.once('exit', resolve))
        const said = new Promise<string>((resolve) =>
          control.once('data', (data: Buffer) => resolve(data.toString())),
        )
        control.write(encodeRequest(request(script, { cgroups })))
        const { pid } = JSON.parse((await said).split('\n')[0] ?? '') as { readonly pid: number }
        control.destroy()
        await ended
        expect(isRunning(pid)).toBe(false)
        for (const path of cgroups) expect(existsSync(path)).toBe(false)
      } finally {
        removeTestCgroups(cgroups)
      }
    }
  })
})
