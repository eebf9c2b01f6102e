import type { HostPath, Reference } from '../../foundation/oci/index.ts'
import { type ByteSink, exportLocal, exportTar, writeTargetFile } from '../../store/archive/index.ts'
import type { Image } from '../../store/image/index.ts'
import { saveNamedImages } from '../images-transfer.ts'
import type { Store } from '../store.ts'

/** Where the result of a build goes besides the store. */
export type BuildOutput =
  /** `oci-dir` is an OCI layout that is not in an archive. */
  | { readonly type: 'local' | 'oci-dir'; readonly path: HostPath }
  | {
      readonly type: 'oci' | 'docker' | 'tar'
      readonly target: BuildTarget
    }

type BuildTarget =
  | { readonly kind: 'path'; readonly path: HostPath }
  | { readonly kind: 'sink'; readonly sink: ByteSink }

/** `oci` and `docker` are archives of the image, `tar` and `local` its merged root file system. Files appear whole or not at all. */
export const writeOutput = async (
  store: Store,
  image: Image,
  output: BuildOutput,
  options: { readonly names: readonly Reference[]; readonly signal: AbortSignal },
): Promise<void> => {
  const { names, signal } = options
  switch (output.type) {
    case 'local':
      exportLocal(store, image.stack, output.path, { signal })
      return
    case 'tar':
      await writeTar(output.target, (sink) =>
        // As in docker's, the root itself has no entry.
        exportTar(store, image.stack, sink, { signal, withoutRoot: true }),
      )
      return
    case 'oci-dir':
      await saveNamedImages(
        store,
        [{ image, names }],
        { kind: 'path', path: output.path },
        { format: 'oci-dir', signal },
      )
      return
    case 'oci':
    case 'docker':
      await saveNamedImages(store, [{ image, names }], output.target, {
        format: `${output.type}-archive`,
        signal,
      })
      return
  }
}

const writeTar = async (target: BuildTarget, write: (sink: ByteSink) => unknown): Promise<void> => {
  if (target.kind === 'sink') write(target.sink)
  else await writeTargetFile(target.path, (sink) => Promise.resolve(write(sink)))
}
