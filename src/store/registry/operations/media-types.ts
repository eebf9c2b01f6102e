import { mediaType } from '../../../foundation/oci/index.ts'

/** What can be asked for and read. */
export const manifestTypes: readonly string[] = [
  mediaType.index,
  mediaType.manifest,
  mediaType.dockerIndex,
  mediaType.dockerManifest,
]

/** image-spec and docker: a list of manifests by platform. */
export const isIndexType = (type: string): boolean =>
  type === mediaType.index || type === mediaType.dockerIndex

/** docker's first form, which has no digests of what is in it. */
export const isSchema1 = (type: string): boolean =>
  /^application\/vnd\.docker\.distribution\.manifest\.v1\+(json|prettyjws)$/.test(type)

/** Of a Content-Type, without its parameters. */
export const bareType = (header: string | undefined): string =>
  (header ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
