import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { ContainerError } from './errors.ts'
import { stateFile } from './state-files.ts'

/** The environment of the container's first process, as its last start wrote it. Throws `container-damaged`. */
export const readStartedEnv = (dir: HostPath): readonly string[] => {
  const path = join(dir, stateFile.spec)
  try {
    const spec: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const env = memberOf(memberOf(spec, 'process'), 'env')
    if (Array.isArray(env) && env.every((variable) => typeof variable === 'string')) return env.map(String)
  } catch {
    // Said below.
  }
  throw new ContainerError('container-damaged', `read ${path}: it is not what the start wrote`, {
    hint: 'tsrun restart writes it again',
  })
}

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined
