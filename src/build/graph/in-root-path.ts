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

/** A source path of COPY with `..` stopped at the root. Others stay as they are written. */
export const cleanSource = (path: string, parents: boolean): string => {
  if (!path.split('/').includes('..')) return path
  const pivot = parents ? path.indexOf('/./') : -1
  const clean = (text: string): string => `/${cleanInRoot(text)}`
  return pivot < 0 ? clean(path) : `${clean(path.slice(0, pivot))}/.${clean(path.slice(pivot + 2))}`
}
