import { encodePath } from '../../foundation/filetree/index.ts'
import { badLayer } from './layer-error.ts'
import { opaqueMarker, whiteoutPrefix } from './layer-names.ts'

/** What a member's name means: image-spec layer.md#whiteouts. */
export type MemberName =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'whiteout'; readonly path: string }
  | { readonly kind: 'opaque'; readonly path: string }

/** Longest name of one component that Linux file systems take, in bytes. */
const maxComponent = 255

/**
 * A clean path in the root: leading slashes, `.` and empty components go; absolute names thus land inside. `..` is refused
 * wherever it stands: no honest writer makes it, and readers differ in what it means. Throws `bad-layer`.
 */
export const parsePath = (text: string, maxPath: number): string => {
  if (text.includes('\0')) throw badLayer(`NUL in name ${shown(text)}`)
  const inside = withoutEnds(text)
  const plain = isClean(inside) ? inside : clean(inside)
  if (plain.length * 3 > Math.min(maxComponent, maxPath) && tooLong(plain, maxPath))
    throw badLayer(`name too long: ${shown(plain)}`)
  return plain
}

/** Path and role of a member. Malformed whiteouts (`.wh.`, `.wh..`, `.wh...`, `.wh..wh.x`) are refused. */
export const parseMemberName = (text: string, maxPath: number): MemberName => {
  const path = parsePath(text, maxPath)
  if (!path.includes(whiteoutPrefix)) return { kind: 'path', path }
  const cut = path.lastIndexOf('/') + 1
  const parent = path.slice(0, Math.max(cut - 1, 0))
  const base = path.slice(cut)
  if (`/${parent}`.includes(`/${whiteoutPrefix}`)) throw badLayer(`path through a whiteout: ${shown(path)}`)
  if (base === opaqueMarker) return { kind: 'opaque', path: parent }
  if (!base.startsWith(whiteoutPrefix)) return { kind: 'path', path }
  const target = base.slice(whiteoutPrefix.length)
  if (target === '' || target === '.' || target === '..' || target.startsWith(whiteoutPrefix))
    throw badLayer(`malformed whiteout: ${shown(path)}`)
  return { kind: 'whiteout', path: path.slice(0, cut) + target }
}

/** What `clean` takes away most often: many writers begin names with `./` and end those of directories with a slash. */
const withoutEnds = (text: string): string => {
  let start = 0
  let end = text.length
  for (;;) {
    if (text.charCodeAt(start) === slash) start += 1
    else if (text.charCodeAt(start) === dot && text.charCodeAt(start + 1) === slash) start += 2
    else break
  }
  while (end > start && text.charCodeAt(end - 1) === slash) end -= 1
  return end - start === text.length ? text : text.slice(start, end)
}

const slash = 0x2f
const dot = 0x2e

const isClean = (text: string): boolean => !/^\/|\/$|\/\/|(^|\/)\.{1,2}(\/|$)/.test(text)

const clean = (text: string): string => {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw badLayer(`name with "..": ${shown(text)}`)
  return parts.join('/')
}

const tooLong = (path: string, maxPath: number): boolean =>
  encodePath(path).length > maxPath || path.split('/').some((part) => encodePath(part).length > maxComponent)

/** A name for a message: quoted and not longer than a line. */
export const shown = (text: string): string =>
  JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text)
