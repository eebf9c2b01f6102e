/**
 * Where files to copy come from: a directory with its ignore file applied, as a FileTree with content digests that are
 * remembered between builds. Also what COPY needs of any FileTree: wildcards, digests of subtrees, paths resolved inside the tree.
 */
export { cleanPath } from './clean-path.ts'
export { type DirectoryContextOptions, openDirectoryContext } from './directory-context.ts'
export { explainIgnore, type IgnoreDecision } from './explain-ignore.ts'
export { globContext } from './glob-context.ts'
export { type IgnoreFile, type IgnoreRule, parseIgnoreFile } from './ignore-rules.ts'
export { leadsOutside } from './leads-outside.ts'
export { missingSource } from './missing-source.ts'
export { compilePatterns, type PatternList } from './pattern-list.ts'
export { type FoundIgnoreFile, ignorePlaces, readIgnoreFile } from './read-ignore-file.ts'
export { resolveInTree } from './resolve-in-tree.ts'
export { childrenDigestOf, treeDigestOf } from './tree-digest.ts'
export type { BuildContext, EarlierLayer, FileCount, IgnoredBy, TarPlace } from './types.ts'
export { unusedIgnoreRules } from './unused-rules.ts'
export { walkTree } from './walk-tree.ts'
export { hasWildcard } from './wildcard-syntax.ts'
