import { createReadStream, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseSourceUrl } from '../../build/source-url/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { parseReference } from '../../foundation/oci/index.ts'
import { fileKind } from './file-kind.ts'
import { unpackChunks } from './inputs-archive.ts'
import { type Fetching, fetchContext, usable } from './inputs-remote.ts'
import type { ContextInput } from './types.ts'

/**
 * What `--build-context NAME=VALUE` stands for: a directory or the file of an archive, `docker-image://`, `oci-layout://`, a
 * repository, a URL. Throws `usage` and `no-context` with exit code 2, and what fetching throws.
 */
export const namedContext = async (
  name: string,
  value: string,
  fetching: Fetching,
): Promise<ContextInput> => {
  const [, scheme, rest = ''] = /^(docker-image|oci-layout|target):(?:\/\/)?(.*)$/s.exec(value) ?? []
  switch (scheme) {
    case 'docker-image':
      if (rest === 'scratch') return { kind: 'layers', shown: 'scratch', stack: [] }
      parseReference(rest)
      return { kind: 'image', reference: rest }
    case 'oci-layout':
      return (await import('./layout-context.ts')).layoutContext(name, rest, fetching)
    case 'target':
      throw new AppError('usage', `use ${value} as the context ${name}: only bake files have targets`, {
        exitCode: exitCode.usage,
        hint: 'build the target first, and use docker-image://NAME',
      })
    default:
      return pathOrUrl(name, value, fetching)
  }
}

const pathOrUrl = async (name: string, value: string, fetching: Fetching): Promise<ContextInput> => {
  const path = resolve(fetching.request.cwd, value)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) return { kind: 'directory', path }
  if (found?.isFile()) {
    const unpacked = await unpackChunks(createReadStream(path), value, fetching)
    if (unpacked.kind === 'archive') return { ...unpacked, kind: 'layers', shown: value }
    throw noContext(name, value, 'it is neither a directory nor an archive')
  }
  if (found) throw noContext(name, value, `it is ${fileKind(found)}`)
  const source = parseSourceUrl(value)
  if (source.kind === 'other') throw noContext(name, value, 'there is no such directory')
  const { shown, stack, time } = await fetchContext(usable(source), fetching)
  return { kind: 'layers', shown, stack, time }
}

const noContext = (name: string, value: string, why: string): AppError =>
  new AppError('no-context', `use ${value} as the context ${name}: ${why}`, {
    exitCode: exitCode.usage,
    hint: 'give a directory, docker-image://IMAGE, oci-layout://DIRECTORY, a repository or a URL',
  })
