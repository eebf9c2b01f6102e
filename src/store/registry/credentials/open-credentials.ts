import type { HostPath } from '../../../foundation/oci/index.ts'
import type { Credential, CredentialPlace, CredentialStore, RequestOptions } from '../types.ts'
import {
  type CredentialFile,
  credentialOfEntry,
  entryOfCredential,
  readCredentialFile,
  writeCredentialFile,
} from './credential-file.ts'
import { askHelper, eraseInHelper, type HelperOptions, storeInHelper } from './credential-helper.ts'
import { keyOfRegistry, scopeOfKey, scopesOf } from './credential-key.ts'
import { credentialFiles } from './credential-places.ts'

export interface CredentialsOptions {
  /** HOME, DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME; PATH for helpers, which get all of it. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds that a helper may take; 30,000 by default. */
  readonly helperLimit?: number
}

/** The credentials of docker and podman; read when they are first asked for. */
export const openCredentials = ({ env, helperLimit }: CredentialsOptions): CredentialStore => {
  const paths = credentialFiles(env)
  const main = paths[0] ?? ''
  const files = new Map<HostPath, CredentialFile | undefined>()
  const fileAt = (path: HostPath): CredentialFile | undefined => {
    if (!files.has(path)) files.set(path, readCredentialFile(path))
    return files.get(path)
  }
  const helperOptions = (helper: string, signal?: AbortSignal): HelperOptions => ({
    helper,
    env,
    ...(signal ? { signal } : {}),
    ...(helperLimit === undefined ? {} : { limit: helperLimit }),
  })
  const update = (file: CredentialFile | undefined, auths: Readonly<Record<string, unknown>>): void => {
    writeCredentialFile(main, { ...file?.document, auths })
    files.delete(main)
  }

  return {
    async find(registry, repository, { signal } = {}) {
      for (const path of paths) {
        const file = fileAt(path)
        const found =
          file && (await findIn(file, scopesOf(registry, repository), (h) => helperOptions(h, signal)))
        if (found) return found
      }
      return undefined
    },
    async save(registry, credential, { signal }: RequestOptions = {}): Promise<CredentialPlace> {
      const key = keyOfRegistry(registry)
      // Another command may have written meanwhile.
      files.delete(main)
      const file = fileAt(main)
      const helper = file && helperFor(file, scopeOfKey(registry))
      if (helper === undefined) {
        update(file, { ...without(file, registry), [key]: entryOfCredential(credential) })
        return { kind: 'file', path: main }
      }
      await storeInHelper(key, credential, helperOptions(helper, signal))
      // As docker: the file says that there is something, and no more.
      update(file, { ...without(file, registry), [key]: {} })
      return { kind: 'helper', program: `docker-credential-${helper}` }
    },
    async erase(registry, { signal }: RequestOptions = {}): Promise<CredentialPlace | undefined> {
      files.delete(main)
      const file = fileAt(main)
      if (!file) return undefined
      const left = without(file, registry)
      const inFile = Object.keys(left).length < Object.keys(file.auths).length
      const helper = helperFor(file, scopeOfKey(registry))
      const inHelper =
        helper !== undefined && (await eraseInHelper(keyOfRegistry(registry), helperOptions(helper, signal)))
      if (inFile) update(file, left)
      if (inHelper) return { kind: 'helper', program: `docker-credential-${helper}` }
      return inFile ? { kind: 'file', path: main } : undefined
    },
  }
}

/** The longest scope decides; for the bare host the helper is asked first, since it has what the file only mentions. */
const findIn = async (
  file: CredentialFile,
  scopes: readonly string[],
  helperOptions: (helper: string) => HelperOptions,
): Promise<Credential | undefined> => {
  for (const scope of scopes) {
    const helper = scope.includes('/') ? ownHelper(file, scope) : helperFor(file, scope)
    const kept =
      helper === undefined ? undefined : await askHelper(keyOfRegistry(scope), helperOptions(helper))
    if (kept) return kept
    for (const [key, entry] of Object.entries(file.auths)) {
      const written = scopeOfKey(key) === scope ? credentialOfEntry(file.path, key, entry) : undefined
      if (written) return written
    }
  }
  return undefined
}

const helperFor = (file: CredentialFile, scope: string): string | undefined =>
  ownHelper(file, scope) ?? file.credsStore

const ownHelper = (file: CredentialFile, scope: string): string | undefined => {
  const found = Object.entries(file.credHelpers).find(([key]) => scopeOfKey(key) === scope)?.[1]
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** `auths` without the entries of this registry, however they are written. */
const without = (file: CredentialFile | undefined, registry: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(file?.auths ?? {}).filter(([key]) => scopeOfKey(key) !== scopeOfKey(registry)),
  )
