import { readFileSync, realpathSync } from 'node:fs'
import { exitCode } from '../../foundation/errors/index.ts'
import { ContainerError } from './errors.ts'
import type { BindMount } from './mount-types.ts'

/**
 * What is mounted in the container can appear on the host, and the other way round, only where the source lies on a mount that
 * takes part. Docker refuses instead of passing it over, and so do we. Throws `bad-mount`.
 */
export const checkPropagation = ({ source, options }: BindMount): void => {
  const wanted = options.find((word) => /^r?(shared|slave)$/.test(word))
  if (wanted === undefined) return
  const { mountPoint, tags } = mountOf(realpathSync(source))
  const isShared = tags.some((tag) => tag.startsWith('shared:'))
  const isSlave = tags.some((tag) => tag.startsWith('master:'))
  if (isShared || (isSlave && wanted.endsWith('slave'))) return
  const expected = wanted.endsWith('slave') ? 'a shared or slave' : 'a shared'
  throw new ContainerError(
    'bad-mount',
    `bind ${source} as ${wanted}: it lies on ${mountPoint}, which is not ${expected} mount`,
    { exitCode: exitCode.engine, hint: `mount --make-shared ${mountPoint} makes it one` },
  )
}

/** proc(5), mountinfo: the fields before the lone dash are tags from the seventh on. The last of those that match is on top. */
const mountOf = (path: string): { readonly mountPoint: string; readonly tags: readonly string[] } => {
  let found = { mountPoint: '/', tags: [] as readonly string[] }
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const fields = line.split(' ')
    const mountPoint = (fields[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    )
    const holds = mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`)
    if (mountPoint === '' || !holds || mountPoint.length < found.mountPoint.length) continue
    found = { mountPoint, tags: fields.slice(6, fields.indexOf('-')) }
  }
  return found
}
