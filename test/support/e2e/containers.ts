import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { findLeftovers } from './leftovers.ts'
import { expectCode, tsrun } from './rig.ts'

/** A container name that no other test has. */
export const freshName = (): string => `t${randomBytes(6).toString('hex')}`

/** Starts a detached container and returns its id; it is removed by force when the test is over. */
export const startDetached = async (
  ...args: readonly string[]
): Promise<{ readonly id: string; readonly dir: string; [Symbol.asyncDispose](): Promise<void> }> => {
  const id = expectCode(await tsrun(['-d', ...args])).stdout.trim()
  return {
    id,
    dir: join(inject('storeRoot'), 'containers', id),
    [Symbol.asyncDispose]: async () => void (await tsrun(['rm', '-f', id])),
  }
}

/** Pids written in files of a container's directory. */
export const pidIn = (dir: string, file: 'monitor' | 'pid'): number => {
  const value: unknown = JSON.parse(readFileSync(join(dir, file), 'utf8'))
  if (typeof value === 'object' && value !== null && 'pid' in value) return Number(value.pid)
  throw new Error(`no pid in ${file}`)
}

/** False also for processes that have ended and only wait to be reaped. */
export const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Polls until `check` holds; fails after `timeout` milliseconds. */
export const eventually = async (
  check: () => boolean | Promise<boolean>,
  timeout = 60_000,
): Promise<void> => {
  for (const end = Date.now() + timeout; !(await check()); ) {
    if (Date.now() > end) throw new Error(`not true within ${timeout} ms: ${check}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const names = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : [])

/** What containers have on this machine: directories, addresses. */
export const containerLeftovers = (): readonly string[] =>
  [
    join(inject('storeRoot'), 'containers'),
    join(inject('storeRoot'), 'owned'),
    join(inject('storeRoot'), 'records/container-names'),
    join(inject('runRoot'), 'net/leases'),
  ].flatMap((path) =>
    names(path)
      .filter((name) => !name.startsWith('.'))
      .map((name) => join(path, name)),
  )

/** Cgroups of containers on this machine, those of other stores too. */
const containerCgroups = (): readonly string[] =>
  findLeftovers().cgroups.filter((path) => /\/[0-9a-f]{64}$/.test(path))

/** Call it before anything runs; the result fails when containers left more behind than there was. */
export const watchLeftovers = (): (() => void) => {
  const before = new Set([...containerCgroups(), ...containerLeftovers()])
  const isNew = (path: string): boolean => !before.has(path)
  return () => {
    const { mounts, processes } = findLeftovers()
    const cgroups = containerCgroups().filter(isNew)
    expect({ files: containerLeftovers().filter(isNew), mounts, processes, cgroups }).toEqual({
      files: [],
      mounts: [],
      processes: [],
      cgroups: [],
    })
  }
}
