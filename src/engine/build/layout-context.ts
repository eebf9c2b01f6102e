import { resolve } from 'node:path'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { isDigest } from '../../foundation/oci/index.ts'
import { loadLayoutImage } from '../../store/archive/index.ts'
import type { Fetching } from './inputs-remote.ts'
import type { ContextInput } from './types.ts'

/** `PATH[:TAG][@DIGEST]` of `oci-layout://`: its image comes into the store, without a name. */
export const layoutContext = async (
  name: string,
  text: string,
  fetching: Fetching,
): Promise<ContextInput> => {
  const [, path = '', tag, digest] =
    /^(.*?)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(.*))?$/s.exec(text) ?? []
  if (path === '' || (digest !== undefined && !isDigest(digest))) {
    throw new AppError(
      'usage',
      `use oci-layout://${text} as the context ${name}: expected PATH[:TAG][@DIGEST]`,
      {
        exitCode: exitCode.usage,
        hint: 'for example oci-layout://./layout:latest',
      },
    )
  }
  const { store, request, lease, signal } = fetching
  const image = await loadLayoutImage(
    store,
    {
      directory: resolve(request.cwd, path),
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
    },
    { signal },
  )
  lease.hold([image.id, image.manifest.digest, ...image.stack])
  return { kind: 'image', reference: image.id }
}
