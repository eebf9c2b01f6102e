import type { PullPolicy } from '../engine/index.ts'

const policies: readonly PullPolicy[] = ['always', 'missing', 'never']

/** `--pull`, or TSBUILD_PULL, or `missing`. Undefined for a word that is none. */
export const pullPolicy = (
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): PullPolicy | undefined => {
  const word = given ?? (env['TSBUILD_PULL'] || 'missing')
  return policies.find((known) => known === word)
}
