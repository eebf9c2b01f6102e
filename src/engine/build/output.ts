import { join } from 'node:path'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import { formatPlatform, type HostPath, type Platform, type Reference } from '../../foundation/oci/index.ts'
import {
  type ByteSink,
  exportLocal,
  exportTar,
  exportTars,
  type PlacedStack,
  writeTargetFile,
} from '../../store/archive/index.ts'
import type { Image, ImageIndex } from '../../store/image/index.ts'
import { saveNamedImages } from '../images-transfer.ts'
import type { Recompression } from '../registry/index.ts'
import type { Store } from '../store.ts'

/** Where the result of a build goes besides the store. */
export type BuildOutput =
  /** `oci-dir` is an OCI layout that is not in an archive. */
  | { readonly type: 'local'; readonly path: HostPath }
  | { readonly type: 'oci-dir'; readonly path: HostPath; readonly recompression?: Recompression }
  | {
      readonly type: 'oci' | 'docker' | 'tar'
      readonly target: BuildTarget
      /** Of type oci. */
      readonly recompression?: Recompression
    }

type BuildTarget =
  | { readonly kind: 'path'; readonly path: HostPath }
  | { readonly kind: 'sink'; readonly sink: ByteSink }

/** `oci` and `docker` are archives of the image, `tar` and `local` its merged root file system. Files appear whole or not at all. */
export const writeOutput = async (
  store: Store,
  image: Image,
  output: BuildOutput,
  options: {
    readonly names: readonly Reference[]
    readonly signal: AbortSignal
    /** What was built, where it is for several platforms. */
    readonly index?: ImageIndex
    /** Of what the index.json of an archive or layout says of the result. */
    readonly annotations?: Readonly<Record<string, string>>
  },
): Promise<void> => {
  const { names, signal, index, annotations } = options
  const named = [{ image, names, ...(index && { index }), ...(annotations && { annotations }) }]
  switch (output.type) {
    case 'local':
      if (!index) exportLocal(store, image.stack, output.path, { signal })
      for (const one of index?.images ?? [])
        exportLocal(store, one.image.stack, join(output.path, directoryOf(one.platform)), { signal })
      return
    case 'tar':
      await writeTar(output.target, (sink) =>
        index
          ? exportTars(store, placedIn(index), sink, { signal })
          : // As in docker's, the root itself has no entry.
            exportTar(store, image.stack, sink, { signal, withoutRoot: true }),
      )
      return
    case 'oci-dir':
      await saveNamedImages(
        store,
        named,
        { kind: 'path', path: output.path },
        { format: 'oci-dir', signal, recompression: output.recompression },
      )
      return
    case 'oci':
    case 'docker':
      await saveNamedImages(store, named, output.target, {
        format: `${output.type}-archive`,
        signal,
        recompression: output.recompression,
      })
      return
  }
}

/** As docker names the directories of a build for several platforms: `linux_arm_v7`. */
const directoryOf = (platform: Platform): string => formatPlatform(platform).replaceAll('/', '_')

const placedIn = ({ images }: ImageIndex): readonly PlacedStack[] =>
  images
    .map(({ platform, image }) => ({ directory: directoryOf(platform), stack: image.stack }))
    .sort((a, b) => byCodeUnit(a.directory, b.directory))

const writeTar = async (target: BuildTarget, write: (sink: ByteSink) => unknown): Promise<void> => {
  if (target.kind === 'sink') write(target.sink)
  else await writeTargetFile(target.path, (sink) => Promise.resolve(write(sink)))
}
