import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from './lab.ts'
import type { Random } from './random.ts'
import type { Props } from './wishes.ts'

/** Something that happens to a container in a storm. */
export type Blow =
  | { readonly kind: 'kill'; readonly file: 'monitor' | 'pid' }
  | { readonly kind: 'verb'; readonly args: readonly string[] }

const verbs = (
  target: string,
  { networks, image }: Props,
): readonly [readonly string[], ...(readonly string[])[]] => [
  ['stop', '-t', '1', target],
  ['kill', target],
  ['restart', '-t', '0', target],
  ['start', target],
  ['pause', target],
  ['unpause', target],
  ['rm', '-f', '-v', target],
  ['rename', target, `r${target.slice(0, 12)}`],
  ['exec', target, 'sh', '-c', 'echo x; sleep 0.2'],
  ['exec', '-d', target, 'sleep', '1000'],
  ['cp', `${target}:/etc`, '/dev/null'],
  ['network', 'connect', networks[0], target],
  ['network', 'disconnect', networks[0], target],
  ['logs', target],
  ['inspect', target],
  ['ps', '-a'],
  ['create', '-v', '/anonymous', image, 'true'],
]

/** Chooses what happens to `target`, a name or an id. */
export const chooseBlow = (random: Random, target: string, props: Props): Blow => {
  const which = random.next()
  if (which < 0.2) return { kind: 'kill', file: 'monitor' }
  if (which < 0.3) return { kind: 'kill', file: 'pid' }
  const all = verbs(target, props)
  return { kind: 'verb', args: random.pick(all) }
}

/** `kill -9` of the process that a file in the container's directory names; nothing when there is none. */
export const killNamed = ({ root }: Lab, id: string, file: 'monitor' | 'pid'): void => {
  try {
    const value: unknown = JSON.parse(readFileSync(join(root, 'containers', id, file), 'utf8'))
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('startTime' in value)) return
    const pid = Number(value.pid)
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The number may belong to somebody else by now.
    if (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] === String(value.startTime))
      process.kill(pid, 'SIGKILL')
  } catch {
    // It has not started yet, or is gone.
  }
}

/** Ids of containers that have a directory now. */
export const idsIn = ({ root }: Lab): readonly string[] => {
  try {
    return readdirSync(join(root, 'containers')).filter((name) => /^[0-9a-f]{64}$/.test(name))
  } catch {
    return []
  }
}
