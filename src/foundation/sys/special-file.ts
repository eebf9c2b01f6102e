import { lstatSync, statSync } from 'node:fs'

/**
 * Whether what is written to `path` has to go through it, since it is no file that another could take the place of: a device, a
 * FIFO, or a link to one, such as /dev/stdout. A link to a file is none.
 */
export const isSpecialFile = (path: string): boolean => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found?.isSymbolicLink()) return found !== undefined && !found.isFile() && !found.isDirectory()
  // Where standard output is a file, /dev/stdout is a link to it.
  if (/^\/(dev|proc)\//.test(path)) return true
  const target = statSync(path, { throwIfNoEntry: false })
  return target !== undefined && !target.isFile() && !target.isDirectory()
}
