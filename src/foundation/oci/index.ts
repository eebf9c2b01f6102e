/** The spec types, parsers, digests and references of OCI. Pure. */
export type { Brand, ContainerPath, HostPath } from './brand.ts'
export { canonicalJson } from './canonical-json.ts'
export {
  type ChainId,
  chainIdOf,
  createHasher,
  type DiffId,
  type Digest,
  digestFrom,
  digestOf,
  hexOf,
  isDigest,
  parseDiffId,
  parseDigest,
} from './digest.ts'
export {
  type ContainerConfig,
  type Descriptor,
  type HealthConfig,
  type History,
  type ImageConfig,
  type Index,
  type Manifest,
  mediaType,
  type Platform,
} from './image-types.ts'
export {
  parseDescriptor,
  parseImageConfig,
  parseIndex,
  parseManifest,
} from './parse.ts'
export { formatPlatform, hostPlatform, parsePlatform, pickPlatform, platformOf } from './platform.ts'
export {
  familiarName,
  formatReference,
  parseReference,
  type Reference,
} from './reference.ts'
export type {
  BlockRate,
  BlockWeight,
  NamespaceType,
  RuntimeDevice,
  RuntimeLinux,
  RuntimeMount,
  RuntimeProcess,
  RuntimeResources,
  RuntimeSpec,
  Seccomp,
  TimeOffset,
} from './runtime-types.ts'
export { parseStrictJson } from './strict-json.ts'
