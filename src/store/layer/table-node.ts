import type { IndexAddition } from './types.ts'

/** Metadata of one inode; hard links share it. Paths are those of the nodes. */
export interface Inode {
  entry: IndexAddition
}

export interface WhiteoutNode {
  readonly kind: 'whiteout'
}

export interface LeafNode {
  readonly kind: 'leaf'
  /** Of this name, among those of the inode. */
  readonly path: string
  readonly inode: Inode
}

export interface DirectoryNode {
  readonly kind: 'directory'
  readonly inode: Inode
  readonly children: Map<string, TableNode>
  opaque: boolean
}

/** One name in the table of what a tar has made so far. */
export type TableNode = WhiteoutNode | LeafNode | DirectoryNode

/** A directory of the table and its real path. */
export interface Place {
  readonly path: string
  readonly node: DirectoryNode
}

export const directoryNode = (entry: IndexAddition, opaque: boolean): DirectoryNode => ({
  kind: 'directory',
  inode: { entry },
  children: new Map(),
  opaque,
})
