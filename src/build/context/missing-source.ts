import { AppError, suggest } from '../../foundation/errors/index.ts'
import { baseOf, type FileTree, joinInRoot } from '../../foundation/filetree/index.ts'
import { firstMissing } from './glob-context.ts'
import type { IgnoredBy } from './types.ts'

/**
 * The error for a COPY source that does not exist: names the ignore rule that keeps it out, or else a sibling with a similar
 * name. `where` is as in "the build context" or "stage builder".
 */
export const missingSource = (
  source: string,
  tree: FileTree,
  where: string,
  ignoredBy: IgnoredBy | undefined,
): AppError<'source-not-found'> => {
  const shown = JSON.stringify(source)
  if (ignoredBy !== undefined) {
    const rule = `${ignoredBy.file}:${ignoredBy.line}`
    return new AppError(
      'source-not-found',
      `copy ${shown}: excluded from ${where} by ${rule} (${ignoredBy.pattern})`,
      {
        hint: `remove the pattern, or add a line !${source.replace(/^\/+/, '')} below it`,
        details: { source, ignoredBy },
      },
    )
  }
  const near = nearName(source, tree)
  return new AppError('source-not-found', `copy ${shown}: there is no such file in ${where}`, {
    ...(near === undefined ? {} : { hint: `did you mean ${JSON.stringify(near)}?` }),
    details: { source, ...(near === undefined ? {} : { near }) },
  })
}

const nearName = (source: string, tree: FileTree): string | undefined => {
  const missing = firstMissing(tree, source)
  if (missing === undefined) return undefined
  const siblings = tree.children(missing.directory.path).map((entry) => baseOf(entry.path))
  const near = suggest(missing.name, siblings)
  return near === undefined ? undefined : joinInRoot(missing.directory.path, near)
}
