import { RegistryError } from '../errors.ts'
import type { Endpoint, Repository, TagsOptions } from '../types.ts'
import { overEndpoints } from '../wire/over-endpoints.ts'
import { readSmallBody } from '../wire/read-body.ts'
import { nextUrl } from '../wire/redirect.ts'
import type { Client } from './client.ts'
import { nextLink } from './link-header.ts'
import { pullScope, shownName } from './scopes.ts'

const pageSize = 1000
const maxPages = 10_000
const maxPage = 16 << 20

/** `Registry.tags` */
export const listTags = (
  client: Client,
  name: Repository,
  options: TagsOptions,
): Promise<readonly string[]> => {
  const { signal, limit = Number.MAX_SAFE_INTEGER } = options
  const doing = `list the tags of ${shownName(name)}`
  const retry = { delay: client.retryDelay, ...(signal ? { signal } : {}) }
  return overEndpoints(
    { hosts: client.hosts, name, capability: 'resolve', doing, retry },
    async (endpoint) => {
      const tags: string[] = []
      let to: string | URL = `/tags/list?n=${Math.min(limit, pageSize)}`
      for (let page = 0; page < maxPages; page++) {
        const found = await readPage(client, endpoint, { to, doing, signal })
        tags.push(...found.tags)
        if (tags.length >= limit || found.next === undefined) return tags.slice(0, limit)
        to = found.next
      }
      throw new RegistryError('registry-protocol', `${doing}: there is no end to it`)
    },
  )
}

interface PageRequest {
  readonly to: string | URL
  readonly doing: string
  readonly signal: AbortSignal | undefined
}

const readPage = async ({ wire }: Client, endpoint: Endpoint, { to, doing, signal }: PageRequest) => {
  const { message, url } = await wire.call({
    endpoint,
    doing,
    to,
    scopes: pullScope(endpoint),
    headers: { Accept: 'application/json', 'Accept-Encoding': 'identity' },
    expect: [200],
    ...(signal ? { signal } : {}),
  })
  const { link } = message.headers
  const tags = tagsIn(await readSmallBody(message, maxPage), doing)
  const target = nextLink(Array.isArray(link) ? link.join(', ') : link)
  const next = target === undefined ? undefined : nextUrl(url, target, doing)
  if (next && next.origin !== url.origin)
    throw new RegistryError('registry-refused', `${doing}: the next page is at ${next.host}`)
  return { tags, next }
}

const tagsIn = (body: Buffer, doing: string): readonly string[] => {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    const tags = typeof value === 'object' && value !== null && 'tags' in value ? value.tags : undefined
    if (tags === null) return []
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags
  } catch {
    // Said below.
  }
  throw new RegistryError('registry-protocol', `${doing}: the answer is no list of tags`)
}
