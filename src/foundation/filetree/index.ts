/** Trees of files as data: what a directory context, a stack of layers and an archive have in common. Pure. */
export {
  baseOf,
  byCodeUnit,
  cleanInRoot,
  joinInRoot,
  parentOf,
} from './path.ts'
export { decodePath, encodePath, fsPath } from './path-bytes.ts'
export type {
  ContentProblem,
  ContentWitness,
  EntryType,
  FileContent,
  FileTree,
  TreeEntry,
} from './types.ts'
