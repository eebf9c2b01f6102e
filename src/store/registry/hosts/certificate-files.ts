import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errnoOf } from '../../../foundation/errors/index.ts'
import { byCodeUnit } from '../../../foundation/filetree/index.ts'
import type { HostPath } from '../../../foundation/oci/index.ts'
import type { HostTls } from '../types.ts'
import { badHostsFile } from './bad-hosts-file.ts'
import type { HostEntry } from './parse-hosts-toml.ts'

/** What docker takes from a host's directory: `*.crt` are authorities, `NAME.cert` with `NAME.key` is shown to the server. */
export const certificatesIn = (directory: HostPath): HostTls => {
  const names = listed(directory)
  const ca = names.filter((name) => name.endsWith('.crt')).map((name) => read(join(directory, name)))
  const certificates = names
    .filter((name) => name.endsWith('.cert'))
    .map((name) => {
      const key = `${name.slice(0, -'.cert'.length)}.key`
      if (!names.includes(key)) throw badHostsFile(join(directory, name), `its key ${key} is missing`)
      return { cert: read(join(directory, name)), key: read(join(directory, key)) }
    })
  return { ...(ca.length > 0 ? { ca } : {}), ...(certificates.length > 0 ? { certificates } : {}) }
}

/** The files that an entry of hosts.toml names. */
export const certificatesOf = (entry: HostEntry, directory: HostPath): HostTls => {
  const ca = entry.caFiles.map((file) => read(resolve(directory, file)))
  const certificates = entry.clientFiles.map(([cert, key = cert]) => ({
    cert: read(resolve(directory, cert)),
    key: read(resolve(directory, key)),
  }))
  return {
    ...(ca.length > 0 ? { ca } : {}),
    ...(certificates.length > 0 ? { certificates } : {}),
    ...(entry.skipVerify ? { skipVerify: true } : {}),
  }
}

/** Both together. */
export const joinTls = (a: HostTls, b: HostTls): HostTls => {
  const ca = [...(a.ca ?? []), ...(b.ca ?? [])]
  const certificates = [...(a.certificates ?? []), ...(b.certificates ?? [])]
  return {
    ...(ca.length > 0 ? { ca } : {}),
    ...(certificates.length > 0 ? { certificates } : {}),
    ...(a.skipVerify || b.skipVerify ? { skipVerify: true } : {}),
  }
}

const listed = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory).sort(byCodeUnit)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return []
    throw badHostsFile(directory, errno ?? 'it cannot be read', error)
  }
}

const read = (path: HostPath): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw badHostsFile(path, errnoOf(error) ?? 'it cannot be read', error)
  }
}
