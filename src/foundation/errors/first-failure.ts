/**
 * What went wrong first. When the disposal of something that was held fails after the work did (`using`, on a disk that has become
 * read-only), what is thrown is about the disposal and holds the failure of the work.
 */
export const firstFailure = (error: unknown): unknown => {
  let first = error
  while (isSuppressed(first)) first = first.suppressed
  return first
}

/** Made by a helper of the compiler where the engine has no class for it: only the name says what it is. */
const isSuppressed = (error: unknown): error is Error & { readonly suppressed: unknown } =>
  error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error
