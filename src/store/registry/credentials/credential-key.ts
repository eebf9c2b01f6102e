/** docker's names for its own registry, which all mean the same. */
const dockerNames = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
])

/** The key under which docker keeps the credentials of its own registry. */
export const dockerKey = 'https://index.docker.io/v1/'

/** What helpers and config.json call a registry. */
export const keyOfRegistry = (registry: string): string =>
  dockerNames.has(registry.toLowerCase()) ? dockerKey : registry.toLowerCase()

/**
 * What a key of config.json covers: `host` or `host/path`. Of a key with a scheme only the host counts, as for docker (`https://host/v1/`);
 * any other may end in a path (podman, buildx). Hosts are compared whole: what only begins or ends alike is another host.
 */
export const scopeOfKey = (key: string): string => {
  const withScheme = /^https?:\/\/(.*)$/is.exec(key)?.[1]
  const [host = '', ...path] = (withScheme ?? key).split('/')
  const name = dockerNames.has(host.toLowerCase()) ? 'docker.io' : host.toLowerCase()
  const rest = withScheme === undefined ? path.filter((part) => part !== '') : []
  return [name, ...rest].join('/')
}

/** What may cover a repository, longest first: `host/a/b`, `host/a`, `host`. */
export const scopesOf = (registry: string, repository: string | undefined): readonly string[] => {
  const host = scopeOfKey(registry)
  const parts = repository === undefined ? [] : repository.split('/')
  return [...parts.map((_, index) => [host, ...parts.slice(0, parts.length - index)].join('/')), host]
}
