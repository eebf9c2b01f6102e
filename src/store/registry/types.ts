import type { Descriptor, Digest, HostPath, Reference } from '../../foundation/oci/index.ts'

/** Where an image or a blob lies: a `Reference` is one. */
export type Repository = Pick<Reference, 'registry' | 'repository'>

export interface RequestOptions {
  readonly signal?: AbortSignal
}

/** A manifest or an index, byte for byte as the registry has it. */
export interface FetchedManifest {
  /** Media type, digest (computed from the bytes) and size. */
  readonly descriptor: Descriptor
  readonly bytes: Buffer
}

/** The part of a blob that is wanted; all of it by default. */
export interface BlobOptions extends RequestOptions {
  /** First byte, default 0. */
  readonly offset?: number
  /** Bytes, default up to the end. */
  readonly length?: number
}

/** What a blob is sent from. A file is opened when it is needed and must not change meanwhile. */
export type BlobSource = { readonly path: HostPath } | { readonly bytes: Uint8Array }

export interface PushOptions extends RequestOptions {
  /**
   * Bytes of one request: the blob is sent in pieces, each of which can be sent again alone. Raised to what the registry asks
   * for (`OCI-Chunk-Min-Length`). Absent: one request, and pieces only where the registry refuses that (413).
   */
  readonly chunkSize?: number
  /** Bytes that have been sent; less than before when something must be sent again. */
  readonly onProgress?: (sent: number) => void
}

export interface TagsOptions extends RequestOptions {
  /** Stop after so many. */
  readonly limit?: number
}

/**
 * A client of the distribution protocol, one per command. Tokens, what hosts ask for, and connections are kept inside. Failures that
 * may pass (408, 429, 5xx, cut connections) are tried again with growing delays; mirrors are tried before the registry itself.
 * Every method throws `RegistryError`, and the signal's reason when that aborts. Messages never hold secrets.
 */
export interface Registry extends Disposable {
  /** What a tag or digest stands for now, as the registry says: nothing is proven before the manifest of that digest is here. Throws `registry-not-found`. */
  resolve(name: Reference, options?: RequestOptions): Promise<Descriptor>
  /**
   * A manifest or index of at most 4 MiB. Its digest is that of the name, when the name has one, and what the registry says otherwise; it is
   * one of the four types of OCI and docker, and can be read in one way only. Throws `registry-not-found`, `digest-mismatch`,
   * `manifest-too-large`, `manifest-unsupported` (docker's schema 1, other documents), `bad-image`.
   */
  manifest(name: Reference, options?: RequestOptions): Promise<FetchedManifest>
  /**
   * Gives the bytes asked for to `write`, each once and in order, never more; a chunk is valid during the call only. Goes on at the byte reached when a
   * connection breaks. Does not verify digests: whoever keeps the bytes does. What `write` throws ends the download as it is.
   * Throws `registry-not-found`, `size-mismatch`.
   */
  blob(
    name: Repository,
    blob: Descriptor,
    write: (chunk: Uint8Array) => void,
    options?: BlobOptions,
  ): Promise<void>
  hasBlob(name: Repository, digest: Digest, options?: RequestOptions): Promise<boolean>
  /** Makes a blob of another repository of the same registry one of this. False when the registry wants it sent. */
  mountBlob(name: Repository, digest: Digest, from: string, options?: RequestOptions): Promise<boolean>
  /** Sends a blob, whether or not the registry has it. Throws `size-mismatch` when the source has another size, `digest-mismatch` when the registry finds other bytes. */
  pushBlob(name: Repository, blob: Descriptor, source: BlobSource, options?: PushOptions): Promise<void>
  /** Sends a manifest under the name's tag, or its digest when there is no tag. */
  pushManifest(
    name: Reference,
    manifest: { readonly mediaType: string; readonly bytes: Uint8Array },
    options?: RequestOptions,
  ): Promise<Descriptor>
  /** All tags in the registry's order. */
  tags(name: Repository, options?: TagsOptions): Promise<readonly string[]>
  /** Asks the registry whether it knows `credential`; gives what is to be kept (an identity token where the registry has one to give). Throws `registry-denied`. */
  login(registry: string, credential: Credential, options?: RequestOptions): Promise<Credential>
}

/** What opens a registry. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token of the registry's token service. */
  | { readonly kind: 'identity-token'; readonly username: string; readonly token: string }
  /** Sent as it is with each request. */
  | { readonly kind: 'registry-token'; readonly token: string }

/** Where credentials were put, for messages. */
export type CredentialPlace =
  | { readonly kind: 'file'; readonly path: HostPath }
  | { readonly kind: 'helper'; readonly program: string }

/** Credentials by registry. Nothing is read before it is asked for. */
export interface CredentialStore {
  /** Of the longest key that covers the repository: `host/ns/repo`, `host/ns`, `host`. Throws `bad-credentials-file`, `credential-helper-failed`. */
  find(registry: string, repository?: string, options?: RequestOptions): Promise<Credential | undefined>
  /** For `login`. Keeps what else the file says. */
  save(registry: string, credential: Credential, options?: RequestOptions): Promise<CredentialPlace>
  /** For `logout`: undefined when there was nothing. */
  erase(registry: string, options?: RequestOptions): Promise<CredentialPlace | undefined>
}

/** What a host may be used for. */
export type Capability = 'resolve' | 'pull' | 'push'

/** How TLS is spoken with one host. Texts are PEM. */
export interface HostTls {
  /** Authorities that are trusted besides the usual ones. */
  readonly ca?: readonly string[]
  readonly certificates?: readonly { readonly cert: string; readonly key: string }[]
  readonly skipVerify?: boolean
}

/** One server that a repository can be had from. */
export interface Endpoint {
  /** `host` or `host:port`, whose credentials are used. */
  readonly registry: string
  /** Where it listens: `host` or `host:port`. */
  readonly host: string
  /** `https` only, `http` only (configured), or `https` and then `http` (loopback, or configured as insecure). */
  readonly scheme: 'https' | 'http' | 'either'
  /** What comes before `/REPOSITORY/manifests/...`: `/v2` as a rule. */
  readonly path: string
  /** The repository's name there. */
  readonly repository: string
  readonly capabilities: ReadonlySet<Capability>
  readonly tls: HostTls
  readonly headers: Readonly<Record<string, string>>
  /** Asked for as a mirror of this registry (`?ns=`). */
  readonly mirrorOf?: string
}

/** What the machine's configuration says of registries. */
export interface HostsConfig {
  /** Servers in the order in which they are tried, the registry itself last. Throws `registry-blocked`, `bad-hosts-file`. */
  endpoints(name: Repository): Promise<readonly Endpoint[]>
}

export interface RegistryOptions {
  readonly hosts: HostsConfig
  readonly credentials: Pick<CredentialStore, 'find'>
  /** `tsbuild/1.2.3` */
  readonly userAgent: string
  /** For proxies and certificate authorities. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Connections to one host at a time, default 8. */
  readonly connections?: number
  /** Milliseconds before the first retry, doubled each time; 500 by default. */
  readonly retryDelay?: number
  /** Milliseconds without a byte after which a server counts as gone; 60,000 by default. */
  readonly idleTimeout?: number
}
