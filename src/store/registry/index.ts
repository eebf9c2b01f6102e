/**
 * Registries: the distribution protocol, credentials, and what the machine says of hosts. In: names, digests, bytes to send.
 * Out: manifests whose digest is proven, blobs as they come. Invariant: secrets go to their own host, over TLS or loopback, and nowhere else.
 */
export { type CredentialsOptions, openCredentials } from './credentials/open-credentials.ts'
export { RegistryError, type RegistryErrorCode } from './errors.ts'
export { type HostsOptions, openHosts } from './hosts/open-hosts.ts'
export { openRegistry } from './open-registry.ts'
export type {
  BlobOptions,
  BlobSource,
  Capability,
  Credential,
  CredentialPlace,
  CredentialStore,
  Endpoint,
  FetchedManifest,
  HostsConfig,
  HostTls,
  PushOptions,
  Registry,
  RegistryOptions,
  Repository,
  RequestOptions,
  TagsOptions,
} from './types.ts'
