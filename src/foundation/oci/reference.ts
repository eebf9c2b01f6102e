import { AppError, exitCode } from '../errors/index.ts'
import { type Digest, isDigest } from './digest.ts'

/** A parsed image name (distribution-spec; docker's familiar names are expanded). */
export interface Reference {
  /** `docker.io` when the name has none. */
  readonly registry: string
  /** `library/nginx` */
  readonly repository: string
  readonly tag?: string
  readonly digest?: Digest
}

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const repositoryGrammar = new RegExp(`^${component}(?:/${component})*$`)
const registryGrammar =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$|^\[[0-9a-fA-F:]+\](?::[0-9]+)?$/
const tagGrammar = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/

/** Throws `bad-reference`. A name without tag and digest gets `latest`. */
export const parseReference = (text: string): Reference => {
  const bad = (why: string): never => {
    throw new AppError('bad-reference', `parse image name ${quoted(text)}: ${why}`, {
      exitCode: exitCode.usage,
    })
  }
  // As in docker: it would be taken for the id of an image.
  if (/^[0-9a-f]{64}$/.test(text)) bad('64 hex digits are no name')
  const [named = '', digest, ...more] = text.split('@')
  if (more.length > 0) bad('more than one @')
  if (digest !== undefined && !isDigest(digest))
    bad('the part after @ is not a digest (sha256: and 64 hex digits)')
  const colon = named.lastIndexOf(':')
  const tagged = colon > named.lastIndexOf('/')
  const tag = tagged ? named.slice(colon + 1) : undefined
  if (tag !== undefined && !tagGrammar.test(tag)) bad(`${quoted(tag)} is not a tag`)
  const { registry, repository } = splitRegistry(tagged ? named.slice(0, colon) : named)
  if (!registryGrammar.test(registry)) bad(`${quoted(registry)} is not a registry host`)
  if (repository !== repository.toLowerCase()) bad('the repository must be lower case')
  if (repository.length > 255 || !repositoryGrammar.test(repository))
    bad(`${quoted(repository)} is not a repository name`)
  return {
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: 'latest' } : {}),
    ...(digest !== undefined ? { digest: digest as Digest } : {}),
  }
}

/** Names come from archives too: a message does not hold megabytes. */
const quoted = (text: string): string => JSON.stringify(text.slice(0, 300))

const splitRegistry = (name: string): { registry: string; repository: string } => {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  // Upper case cannot be in a repository, so it is a host.
  const isHost = slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  if (!isHost)
    return {
      registry: 'docker.io',
      repository: slash < 0 ? `library/${name}` : name,
    }
  const registry = first === 'index.docker.io' ? 'docker.io' : first
  const rest = name.slice(slash + 1)
  return {
    registry,
    repository: registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest,
  }
}

/** The full form, which is the key of a name in the store: `docker.io/library/nginx:v3`. */
export const formatReference = (r: Reference): string =>
  `${r.registry}/${r.repository}${r.tag ? `:${r.tag}` : ''}${r.digest ? `@${r.digest}` : ''}`

/** The repository as docker shows it: `nginx`, `user/app`, `localhost:5000/app`. */
export const familiarName = (r: Reference): string =>
  r.registry !== 'docker.io'
    ? `${r.registry}/${r.repository}`
    : r.repository.startsWith('library/')
      ? r.repository.slice(8)
      : r.repository
