import { type Digest, mediaType } from '../../foundation/oci/index.ts'
import { parseDockerManifest } from './docker-manifest.ts'
import { badArchive } from './errors.ts'
import { type ArchiveMember, followMember } from './members.ts'
import type { ArchivedImage } from './types.ts'

/** The images that a docker archive's manifest.json names. Throws `bad-archive`. */
export const readDockerImages = (
  manifest: string,
  members: ReadonlyMap<string, ArchiveMember>,
): readonly ArchivedImage[] => {
  const blobOf = (name: string): { readonly digest: Digest; readonly size: number } => {
    const member = followMember(members, name)
    if (member?.kind === 'blob') return member
    throw badArchive(`${JSON.stringify(name.slice(0, 200))}, named in manifest.json, is missing`)
  }
  return parseDockerManifest(manifest).map(({ config, layers, names }) => ({
    config: blobOf(config).digest,
    layers: layers.map((layer) => {
      const { digest, size } = blobOf(layer)
      return { mediaType: mediaType.layer, digest, size }
    }),
    names,
  }))
}
