import { cleanPath, parseIgnoreFile, readIgnoreFile, unusedIgnoreRules } from '../../build/context/index.ts'
import type { ParsedDockerfile } from '../../build/dockerfile/index.ts'
import type { Diagnostic } from '../../foundation/errors/index.ts'
import { type IgnoreRule, isGone } from './ignored-path.ts'
import type { BuildOptions } from './types.ts'

/** CopyIgnoredFile, by BuildKit's rules: a source with a variable is not judged, nor one that the ignore file takes back in part. */
export const checkIgnoredCopies = (
  options: BuildOptions,
  dockerfile: ParsedDockerfile,
): readonly Diagnostic[] => {
  const ignore = ignoreRulesOf(options)
  if (!ignore) return []
  return dockerfile.stages.flatMap(({ instructions }) =>
    instructions.flatMap((instruction) => {
      if ((instruction.kind !== 'copy' && instruction.kind !== 'add') || instruction.from !== undefined)
        return []
      const verb = instruction.kind === 'add' ? 'Add' : 'Copy'
      return instruction.sources.flatMap((source): readonly Diagnostic[] => {
        if (typeof source !== 'string' || /[$"'\\]|^[a-z]+:\/\/|^git@/.test(source)) return []
        const path = cleanPath(source).replace(/^\//, '')
        const isRoot = path === '' || path === '.'
        if (!isGone(ignore.rules, isRoot ? '' : path)) return []
        return [
          {
            severity: 'warning',
            code: 'CopyIgnoredFile',
            message: `Attempting to ${verb} file ${JSON.stringify(isRoot ? '.' : path)} that is excluded by .dockerignore`,
            file: dockerfile.file,
            range: instruction.range,
          },
        ]
      })
    }),
  )
}

/** IgnorePatternUnused: looks at every name in the context. */
export const checkIgnorePatterns = (options: BuildOptions): readonly Diagnostic[] => {
  const ignore = ignoreRulesOf(options)
  if (!ignore || options.context?.kind !== 'directory') return []
  return unusedIgnoreRules(options.context.path, ignore.rules).map(({ line, pattern }) => ({
    severity: 'info',
    code: 'IgnorePatternUnused',
    message: `Pattern ${JSON.stringify(pattern)} matches nothing in the build context`,
    file: ignore.file,
    range: { start: { line, column: 0 }, end: { line, column: pattern.length } },
  }))
}

const ignoreRulesOf = ({ context, dockerfile }: BuildOptions): IgnoreRules | undefined => {
  if (context?.kind !== 'directory') return undefined
  const file = readIgnoreFile({
    directory: context.path,
    ...(dockerfile.path === undefined ? {} : { dockerfile: dockerfile.path }),
  })
  return file && { ...file, rules: parseIgnoreFile(file).rules }
}

interface IgnoreRules {
  readonly file: string
  readonly text: string
  readonly rules: readonly IgnoreRule[]
}
