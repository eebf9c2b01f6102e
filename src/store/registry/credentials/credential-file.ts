import { mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../../../foundation/errors/index.ts'
import type { HostPath } from '../../../foundation/oci/index.ts'
import { atomicWrite } from '../../../foundation/sys/index.ts'
import { RegistryError } from '../errors.ts'
import type { Credential } from '../types.ts'

type Json = Readonly<Record<string, unknown>>

/** docker's config.json or podman's auth.json, as far as it is about credentials. */
export interface CredentialFile {
  readonly path: HostPath
  /** Everything that the file says. */
  readonly document: Json
  /** By key, as written. */
  readonly auths: Readonly<Record<string, unknown>>
  /** Name of the helper for everything, without `docker-credential-`. */
  readonly credsStore?: string
  /** Names of helpers by registry. */
  readonly credHelpers: Readonly<Record<string, unknown>>
}

/** Undefined when there is none. Throws `bad-credentials-file`. */
export const readCredentialFile = (path: HostPath): CredentialFile | undefined => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    throw bad(path, errno ?? 'it cannot be read', error)
  }
  const document = text.trim() === '' ? {} : parse(path, text)
  const store = document['credsStore']
  return {
    path,
    document,
    auths: objectAt(path, document, 'auths'),
    credHelpers: objectAt(path, document, 'credHelpers'),
    ...(typeof store === 'string' && store !== '' ? { credsStore: store } : {}),
  }
}

/** The parser's own message quotes the text, and so the secrets in it: it is not passed on. */
const parse = (path: HostPath, text: string): Json => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw bad(path, 'it is not JSON')
  }
  if (!isObject(value)) throw bad(path, 'expected an object')
  return value
}

const objectAt = (path: HostPath, document: Json, key: string): Json => {
  const value = document[key] ?? {}
  if (!isObject(value)) throw bad(path, `${key} is not an object`)
  return value
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** One entry of `auths`. Undefined when there is nothing in it: docker writes `{}` for what a helper keeps. */
export const credentialOfEntry = (path: HostPath, key: string, entry: unknown): Credential | undefined => {
  if (!isObject(entry)) throw bad(path, `auths ${JSON.stringify(key)} is not an object`)
  const text = (name: string): string => {
    const value = entry[name]
    return typeof value === 'string' ? value : ''
  }
  const registryToken = text('registrytoken')
  if (registryToken !== '') return { kind: 'registry-token', token: registryToken }
  const [username, password] =
    text('auth') === '' ? [text('username'), text('password')] : pairOf(path, key, text('auth'))
  const identityToken = text('identitytoken')
  if (identityToken !== '') return { kind: 'identity-token', username, token: identityToken }
  return username === '' && password === '' ? undefined : { kind: 'password', username, password }
}

const pairOf = (path: HostPath, key: string, auth: string): readonly [string, string] => {
  const decoded = Buffer.from(auth, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 0) throw bad(path, `the auth of ${JSON.stringify(key)} is not base64 of USER:PASSWORD`)
  // docker of long ago padded passwords with NULs.
  return [decoded.slice(0, colon), decoded.slice(colon + 1).replace(/^\0+|\0+$/g, '')]
}

/** What goes into `auths`. */
export const entryOfCredential = (credential: Credential): Json => {
  switch (credential.kind) {
    case 'password':
      return { auth: base64(`${credential.username}:${credential.password}`) }
    case 'identity-token':
      return { auth: base64(`${credential.username}:`), identitytoken: credential.token }
    case 'registry-token':
      return { registrytoken: credential.token }
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** Replaces the file, readable by its owner only. A link stays a link. */
export const writeCredentialFile = (path: HostPath, document: Json): void => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    atomicWrite(realPath(path), `${JSON.stringify(document, undefined, '\t')}\n`, { mode: 0o600, sync: true })
  } catch (error) {
    throw bad(path, `it cannot be written (${errnoOf(error) ?? 'unknown error'})`, error)
  }
}

const realPath = (path: HostPath): HostPath => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

const bad = (path: HostPath, why: string, cause?: unknown): RegistryError =>
  new RegistryError('bad-credentials-file', `use the credentials in ${path}: ${why}`, {
    hint: 'mend or remove the file; `tsbuild login` writes a new one',
    ...(cause === undefined ? {} : { cause }),
  })
