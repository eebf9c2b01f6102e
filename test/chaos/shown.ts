import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Lab, processKey } from './lab.ts'
import { findProcesses, lookAt, type Ours } from './machine.ts'

/** What `tsrun ps -a` shows. */
export interface Shown {
  readonly all: ReadonlySet<string>
  /** Those that may have processes. */
  readonly live: ReadonlySet<string>
}

export const readShown = async (lab: Lab): Promise<Shown> => {
  const { code, stdout, stderr } = await lab.tsrun([
    'ps',
    '-a',
    '--no-trunc',
    '--format',
    '{{.ID}} {{.State}}',
  ])
  if (code !== 0) throw new Error(`tsrun ps -a [${code}]: ${stderr}`)
  const rows = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '))
  const live = rows.filter(([, state]) => state !== 'exited' && state !== 'created')
  return { all: new Set(rows.map(([id = '']) => id)), live: new Set(live.map(([id = '']) => id)) }
}

/** What is there although no container that is shown can have it. */
export const strays = (ours: Ours, { all, live }: Shown): readonly string[] => {
  const { lab } = ours
  const cgroups = lookAt(ours).cgroups.filter(
    (path) => ours.ids.has(basename(path)) && !live.has(basename(path)),
  )
  const directories = ['containers', 'owned'].flatMap((name) =>
    namesIn(join(lab.root, name))
      .filter((id) => !all.has(id))
      .map((id) => `${name}/${id}`),
  )
  return [
    ...strayProcesses(ours, live),
    ...cgroups.map((path) => `cgroup ${path}`),
    ...directories.map((path) => `directory ${path}`),
    ...strayNames(lab, all),
    ...strayLeases(lab, live),
  ]
}

const strayProcesses = (ours: Ours, live: ReadonlySet<string>): readonly string[] =>
  findProcesses(ours).flatMap(({ pid, command }) => {
    const owner = /containers\/([0-9a-f]{64})/.exec(command)?.[1] ?? ownerByCgroup(pid)
    if (!existsSync(`/proc/${pid}`)) return []
    // Commands of ours in the foreground belong to nobody.
    if (owner === undefined) return command.includes('dist/tsrun.cjs') ? [] : [`process ${pid} ${command}`]
    return live.has(owner) ? [] : [`process ${pid} ${command} of ${owner}`]
  })

const ownerByCgroup = (pid: number): string | undefined => {
  try {
    return /\/([0-9a-f]{64})/.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

const strayNames = ({ root }: Lab, all: ReadonlySet<string>): readonly string[] => {
  const directory = join(root, 'records/container-names')
  return namesIn(directory).flatMap((name) => {
    const owner = /[0-9a-f]{64}/.exec(readQuietly(join(directory, name)))?.[0]
    return owner !== undefined && all.has(owner) ? [] : [`name ${name}`]
  })
}

/** What a killed command had claimed lapses by itself: `sweepRun` shows that it does. */
const strayLeases = ({ run, killed }: Lab, live: ReadonlySet<string>): readonly string[] =>
  ['', ...namesIn(join(run, 'net'))].flatMap((network) =>
    ['leases', 'names'].flatMap((kind) => {
      const directory = join(run, 'net', network, kind)
      return namesIn(directory)
        .filter((name) => !name.startsWith('.'))
        .flatMap((name) => {
          const text = readQuietly(join(directory, name))
          const owner = /containers\/([0-9a-f]{64})/.exec(text)?.[1]
          const [, pid, startTime] = /"pid":(\d+),"startTime":(\d+)/.exec(text) ?? []
          if (killed.has(processKey(pid, startTime))) return []
          return owner !== undefined && live.has(owner) ? [] : [`lease ${join(directory, name)}`]
        })
    }),
  )

const namesIn = (path: string): readonly string[] => {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

const readQuietly = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
