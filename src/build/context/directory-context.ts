import { lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import {
  type ContentWitness,
  type FileContent,
  fsPath,
  joinInRoot,
  parentOf,
  type TreeEntry,
} from '../../foundation/filetree/index.ts'
import type { ComparedAhead } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { changedMeanwhile, contentRefused, noSuchFile, unreadable } from './context-error.ts'
import { type ContextNode, digestOf, stampOf } from './context-node.ts'
import { type ContextNodes, createContextNodes } from './context-nodes.ts'
import { explainIgnore, type IgnoreDecision } from './explain-ignore.ts'
import { sameStamp } from './file-stamp.ts'
import { hashFile } from './hash-file.ts'
import { createIgnoreMatcher } from './ignore-matcher.ts'
import { type IgnoreFile, rulesDigestOf } from './ignore-rules.ts'
import { createLayersMade } from './layers-made.ts'
import { loadStatCache } from './load-stat-cache.ts'
import { marksOf, plainIn, saysTheSame, type WrittenCache } from './looked-at.ts'
import { type PackedNames, setDigest } from './packed-names.ts'
import { readRules } from './read-rules.ts'
import { resolveInTree } from './resolve-in-tree.ts'
import { saveDigests } from './save-digests.ts'
import { recordDigest, recordHasDigest, recordName } from './stat-records.ts'
import { treeDigestOf } from './tree-digest.ts'
import { createTreeDigests } from './tree-digests.ts'
import type { BuildContext } from './types.ts'
import { createUnchangedDirectories } from './unchanged-directories.ts'
import { walkTree } from './walk-tree.ts'

export interface DirectoryContextOptions {
  readonly directory: HostPath
  readonly ignore?: IgnoreFile
  /** Where digests are kept between builds; one file per directory. Without it nothing is remembered. */
  readonly stateFile?: HostPath
  /** What was found out about the directory since this command began, if anything was. */
  readonly compared?: () => ComparedAhead | undefined
}

/**
 * Opens a directory as a build context. Nothing is read before it is asked for; each directory is listed once, so the
 * view stays what it was while files come and go. Throws `context-not-found`, `context-not-a-directory`, and a
 * DiagnosticError for patterns of the ignore file that cannot be read.
 */
export const openDirectoryContext = (options: DirectoryContextOptions): BuildContext => {
  const takenAt = Date.now()
  const root = realDirectory(options.directory)
  const rules = readRules(options.ignore)
  const matcher = createIgnoreMatcher(rules)
  const { stateFile = '', compared } = options
  const remembered = {
    root,
    stateFile,
    cache: loadStatCache(stateFile),
    rules: rulesDigestOf(rules),
    compared,
  }
  const { cache } = remembered
  const unchanged = createUnchangedDirectories(remembered)
  const nodes = createContextNodes({ root, matcher, cache, unchanged, stateFile })
  const at = nodes.at
  const lookup: BuildContext['lookup'] = (path, how) => {
    const real = resolveInTree(at, path, { follow: how?.follow === true })
    return real === undefined ? undefined : at(real)
  }
  const digests = createDigests(root, (entry) => fileNode(ownNode(nodes, entry), entry.path))
  const layersMade = createLayersMade(remembered, unchanged)
  const trees = createTreeDigests(nodes, unchanged, () => context)
  let explain: ((path: string) => IgnoreDecision) | undefined
  let written: (WrittenCache & { readonly state: string }) | undefined
  /** Grows with what is known. */
  const state = (): string =>
    [digests.found(), nodes.listed.size, trees.computed(), unchanged.anyChanged()].join(' ')
  const isNew = (): boolean => digests.found() > 0 || unchanged.anyChanged() || trees.areNew(remembered)
  const write = (forLayers: boolean): void => {
    try {
      if (written?.state !== state() || (forLayers && !written.stamps)) {
        mkdirSync(dirname(stateFile), { recursive: true, mode: 0o700 })
        const known = { cache, rules: remembered.rules, nodes, takenAt, treeDigest: trees.known }
        written = { ...saveDigests(stateFile, known, forLayers), state: state() }
      }
      layersMade.save(written)
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
    }
  }
  const number = (directory: string): number | undefined =>
    written ? written.numbers.get(directory) : cache.summary(directory)?.number
  const context: BuildContext = {
    ...digests.methods,
    lookup,
    children: nodes.in,
    countFiles: trees.countFiles,
    childrenDigest: trees.childrenDigest,
    whyIgnored: (path) => {
      explain ??= explainIgnore(options.ignore)
      const { ignored, by } = explain(path)
      return ignored ? by : undefined
    },
    treeDigest(path) {
      const entry = lookup(path)
      if (entry === undefined) throw noSuchFile(path)
      return treeDigestOf(context, entry)
    },
    walk: (path) => walkTree(context, path),
    ...(stateFile === '' ? {} : { layersMade }),
    save() {
      if (stateFile !== '' && (isNew() || layersMade.areNew())) write(layersMade.areNew())
    },
    saveAhead() {
      if (stateFile !== '' && !digests.areAwaited() && isNew()) write(true)
    },
    lookedAt() {
      const isSaid = written !== undefined || saysTheSame(cache, nodes.listed)
      if (!isSaid && stateFile !== '') write(false)
      const seal = written?.seal ?? (isSaid ? cache.seal : '')
      const below = trees.trusted().flatMap((directory) => [...cache.directories(directory)])
      const blocks = marksOf([...nodes.listed.keys(), ...below], number)
      const plain = plainIn(nodes.listed)
      if (seal === '' || blocks === undefined || plain === undefined) return undefined
      return { root: root === '' ? '/' : root, stateFile, seal, blocks, plain }
    },
  }
  return context
}

type DigestMethods = Pick<BuildContext, 'content' | 'contentDigest' | 'witness' | 'assertUnchanged'>

/** The part of a context that reads files. */
const createDigests = (
  root: HostPath,
  nodeOf: (entry: TreeEntry) => ContextNode,
): {
  readonly methods: DigestMethods
  /** How many were found. */
  readonly found: () => number
  /** Whether somebody reads a file without one. */
  readonly areAwaited: () => boolean
} => {
  let found = 0
  let areAwaited = false
  const pathOf = (entry: TreeEntry): HostPath => `${root}/${entry.path}`
  const settleAt = (names: PackedNames, at: number, pathOfIt: () => string, digest: string): void => {
    const known = recordDigest(names.bytes, at)
    if (known !== undefined && known !== digest) {
      throw changedMeanwhile(pathOfIt(), 'it is no longer what it was when the build began')
    }
    if (known !== undefined) return
    found += 1
    setDigest(names, at, digest)
  }
  const settle = (node: ContextNode, digest: string): void =>
    settleAt(node.names, node.at, () => node.path, digest)
  /** Of the files of one directory. */
  const witnessesOf = (names: PackedNames, directory: string): ((file: number) => ContentWitness) => {
    const witness = (file: number): ContentWitness => {
      const path = (): string => joinInRoot(directory, recordName(names.bytes, file))
      return {
        read: (digest) => settleAt(names, file, path, digest),
        refused: (problem) => contentRefused(path(), problem),
        again: { of: witness, file },
      }
    }
    return witness
  }
  /** Files come directory by directory. */
  let last: { readonly names: PackedNames; readonly witness: (file: number) => ContentWitness } | undefined
  const hash = (node: ContextNode): string => hashFile(pathOf(node), node.path, node.size)
  const methods: DigestMethods = {
    content: (entry): FileContent => ({
      kind: 'range',
      path: pathOf(entry),
      offset: 0,
      size: nodeOf(entry).size,
    }),
    contentDigest(entry) {
      const node = nodeOf(entry)
      const known = digestOf(node)
      if (known !== undefined) return known
      const digest = hash(node)
      settle(node, digest)
      return digest
    },
    witness(entry) {
      const { names, at, path } = nodeOf(entry)
      if (!recordHasDigest(names.bytes, at)) areAwaited = true
      if (last?.names !== names) last = { names, witness: witnessesOf(names, parentOf(path)) }
      return last.witness(at)
    },
    assertUnchanged(entry) {
      const node = nodeOf(entry)
      if (!isUntouched(pathOf(entry), node)) settle(node, hash(node))
    },
  }
  return { methods, found: () => found, areAwaited: () => areAwaited }
}

const isUntouched = (absolute: HostPath, node: ContextNode): boolean => {
  try {
    return sameStamp(stampOf(node), lstatSync(fsPath(absolute)))
  } catch (error) {
    throw unreadable('look at', node.path, error)
  }
}

/** Entries mostly come back as they were given out: then nothing has to be looked up. */
const ownNode = (nodes: ContextNodes, entry: TreeEntry): ContextNode | undefined =>
  isNodeOf(nodes.owner, entry) ? entry : nodes.at(entry.path)

const isNodeOf = (owner: object, entry: TreeEntry): entry is ContextNode =>
  'owner' in entry && entry.owner === owner

const fileNode = (node: ContextNode | undefined, path: string): ContextNode => {
  if (node?.type !== 'file') throw noSuchFile(path)
  return node
}

const realDirectory = (directory: HostPath): HostPath => {
  let real: string
  try {
    real = realpathSync(directory)
  } catch (error) {
    throw new AppError(
      'context-not-found',
      `open build context ${JSON.stringify(directory)}: ${errnoOf(error) ?? 'failed'}`,
      {
        exitCode: exitCode.usage,
        hint: 'the last argument is the directory whose files the build may copy',
        cause: error,
      },
    )
  }
  if (statSync(real).isDirectory()) return real === '/' ? '' : real
  throw new AppError(
    'context-not-a-directory',
    `open build context ${JSON.stringify(directory)}: it is not a directory`,
    {
      exitCode: exitCode.usage,
    },
  )
}
