import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FetchEnvironment, SecretSource } from '../../build/ops/index.ts'
import { parseUrlRecord, type SshIdentity } from '../../build/remote/index.ts'
import { createRecordTable } from '../../store/records/index.ts'
import type { Store } from '../store.ts'
import type { BuildContextOptions, SshInput } from './types.ts'

export interface FetchOptions extends Pick<BuildContextOptions, 'env'> {
  readonly secret: SecretSource
  /** Who logs in to servers behind ssh: what the caller gave as `default`. */
  readonly ssh: SshInput | undefined
}

/** Fetching for this store; loaded by builds that fetch something. */
export const createFetchEnvironment = (
  store: Store,
  { env = {}, secret, ssh }: FetchOptions,
): Pick<FetchEnvironment, 'remote' | 'urls'> => {
  const stage = stageDirectory(store)
  mkdirSync(stage, { recursive: true, mode: 0o700 })
  return {
    remote: {
      stage,
      repositories: repositoriesDirectory(store),
      env,
      secret,
      ...(ssh === undefined ? {} : { ssh: identityOf(ssh) }),
    },
    urls: createRecordTable(join(store.root, 'records/urls'), parseUrlRecord),
  }
}

/** Where blobs are on their way in too: what killed builds leave there is swept. */
export const stageDirectory = ({ root }: Pick<Store, 'root'>): string => join(root, 'content/ingest')

/** Repositories that earlier builds fetched from. */
export const repositoriesDirectory = ({ root }: Pick<Store, 'root'>): string => join(root, 'git')

const identityOf = (ssh: SshInput): SshIdentity => ssh
