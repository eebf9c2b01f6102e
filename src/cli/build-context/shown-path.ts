import type { TreeEntry } from '../../foundation/filetree/index.ts'

/** A path as people write it: directories end with a slash. */
export const shownPath = ({ path, type }: Pick<TreeEntry, 'path' | 'type'>): string =>
  type === 'directory' ? `${path}/` : path
