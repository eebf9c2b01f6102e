import type { CacheMountName } from './types.ts'

/** Bytes of an id: more than a Dockerfile that anybody reads has. */
const maxId = 4096

/** Undefined for anything that is not the name of a cache. */
export const parseCacheMountName = (value: unknown): CacheMountName | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const { id, uid, gid, mode, content }: Readonly<Record<string, unknown>> = { ...value }
  if (typeof id !== 'string' || id.length > maxId) return undefined
  if (!isNumber(uid, 0xffff_ffff) || !isNumber(gid, 0xffff_ffff) || !isNumber(mode, 0o7777)) return undefined
  if (content === undefined) return { id, uid, gid, mode }
  return typeof content === 'string' && content.length <= maxId ? { id, uid, gid, mode, content } : undefined
}

const isNumber = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most
