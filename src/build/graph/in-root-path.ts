import { cleanInRoot } from '../../foundation/filetree/index.ts'

/** `path` from `workingDir`, absolute and cleaned; `..` stops at the root. */
export const resolvePath = (workingDir: string, path: string): string =>
  `/${cleanInRoot(path.startsWith('/') ? path : `${workingDir}/${path}`)}`

/** As `resolvePath`, with a trailing slash kept, which makes a destination a directory. */
export const resolveDestination = (workingDir: string, path: string): string => {
  const resolved = resolvePath(workingDir, path)
  const isDirectory = path === '' || /(?:^|\/)\.{0,2}$/.test(path)
  return isDirectory && resolved !== '/' ? `${resolved}/` : resolved
}
