import { execFileSync } from 'node:child_process'
import { type Dirent, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Lab } from './lab.ts'

/** What of the storm can be seen on the machine, each as lines that can be compared. */
export interface Machine {
  readonly mounts: readonly string[]
  readonly cgroups: readonly string[]
  readonly links: readonly string[]
  readonly rules: readonly string[]
  readonly processes: readonly string[]
  readonly namespaces: readonly string[]
  readonly files: readonly string[]
}

/** Names that show who something belongs to. */
export interface Ours {
  readonly lab: Lab
  /** Every id that a container had. */
  readonly ids: ReadonlySet<string>
  readonly bridges: readonly string[]
}

/** Looks at everything that a container may have on a machine, and at all files of the store and the run directory. */
export const lookAt = (ours: Ours): Machine => {
  const processes = findProcesses(ours)
  return {
    mounts: findMounts(ours),
    cgroups: findCgroups(ours),
    links: findLinks(ours),
    rules: findRules(ours),
    processes: processes.map(({ pid, command }) => `${pid} ${command}`),
    namespaces: foreignNamespaces(processes),
    files: [...listFiles(ours.lab.root), ...listFiles(ours.lab.run)].toSorted(),
  }
}

const findMounts = ({ lab, ids }: Ours): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(
      (line) => line.includes(lab.root) || line.includes(lab.run) || [...ids].some((id) => line.includes(id)),
    )

const hierarchies = (): readonly string[] => [
  ...new Set(
    readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .flatMap((line) => (/ - cgroup2? /.test(line) ? [line.split(' ')[4] ?? ''] : [])),
  ),
]

/** Three levels are enough: PARENT/DEEP/ID. */
const findCgroups = ({ lab, ids }: Ours): readonly string[] => {
  const mark = lab.mark.replaceAll('/', '-')
  const below = (path: string, depth: number): readonly string[] =>
    entriesOf(path)
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => {
        const child = join(path, name)
        const mine = ids.has(name) || name.includes(mark) ? [child] : []
        return depth > 1 ? [...mine, ...below(child, depth - 1)] : mine
      })
  return hierarchies().flatMap((hierarchy) => below(hierarchy, 3))
}

interface Process {
  readonly pid: number
  readonly command: string
}

/** Programs of the store and everything in its containers: both have the mark in their environment, or the store in their words. */
export const findProcesses = ({ lab }: Ours): readonly Process[] =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^[0-9]+$/.test(name) || Number(name) === process.pid) return []
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8')
      const ours = environment.includes(`TSBUILD_CHAOS=${lab.mark}`) || command.includes(lab.root)
      return ours ? [{ pid: Number(name), command }] : []
    } catch {
      return []
    }
  })

/** Network namespaces of these processes that are not ours. A namespace without processes only lives by a mount or a descriptor. */
const foreignNamespaces = (processes: readonly Process[]): readonly string[] => {
  const own = readlinkSync('/proc/self/ns/net')
  const found = processes.flatMap(({ pid }) => {
    try {
      return [readlinkSync(`/proc/${pid}/ns/net`)]
    } catch {
      return []
    }
  })
  return [...new Set(found)].filter((namespace) => namespace !== own)
}

/** Bridges of the store and what is attached to them. */
const findLinks = ({ bridges }: Ours): readonly string[] =>
  execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const name = /^\d+: ([^:@]+)/.exec(line)?.[1] ?? ''
      const master = / master (\S+)/.exec(line)?.[1] ?? ''
      return bridges.includes(name) || bridges.includes(master)
        ? [master === '' ? name : `veth of ${master}: ${name}`]
        : []
    })

const findRules = ({ bridges }: Ours): readonly string[] => {
  try {
    return execFileSync('nft', ['list', 'ruleset'], {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => bridges.some((bridge) => line.includes(bridge)))
  } catch {
    return []
  }
}

/** The journal and marks of time change with every command; what lies in the trash has been removed. */
const passing = /^(trash|volatile|cache)\/|^events|\/\.swept$|^volumes\/chaos-volume\/_data\/./

const listFiles = (root: string): readonly string[] => {
  const walk = (path: string): readonly string[] =>
    entriesOf(path).flatMap((entry) => {
      const child = join(path, entry.name)
      if (passing.test(`${relative(root, child)}${entry.isDirectory() ? '/' : ''}`)) return []
      return entry.isDirectory() ? [`${child}/`, ...walk(child)] : [child]
    })
  return walk(root)
}

const entriesOf = (path: string): readonly Dirent[] => {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    return []
  }
}

/** Lines that only one of the two has: `+` came, `-` went. */
export const changesBetween = (before: Machine, after: Machine): readonly string[] =>
  (Object.keys(before) as (keyof Machine)[]).flatMap((part) => {
    const [old, fresh] = [new Set(before[part]), new Set(after[part])]
    return [
      ...after[part].filter((line) => !old.has(line)).map((line) => `${part} + ${line}`),
      ...before[part].filter((line) => !fresh.has(line)).map((line) => `${part} - ${line}`),
    ]
  })
