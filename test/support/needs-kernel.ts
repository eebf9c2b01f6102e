import { release } from 'node:os'
import { describe, test } from 'vitest'

/** `describe` and `test`, which an older kernel skips; that and why is said on standard error. */
export const needsKernel = (
  version: readonly [major: number, minor: number],
  what: string,
): {
  readonly describe: ReturnType<typeof describe.skipIf>
  readonly test: ReturnType<typeof test.skipIf>
} => {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  const isOlder = major < version[0] || (major === version[0] && minor < version[1])
  if (isOlder)
    process.stderr.write(`skipped: ${what} needs Linux ${version.join('.')}, this is ${release()}\n`)
  return { describe: describe.skipIf(isOlder), test: test.skipIf(isOlder) }
}
