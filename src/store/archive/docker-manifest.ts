import { familiarName, parseReference, parseStrictJson, type Reference } from '../../foundation/oci/index.ts'
import { badArchive } from './errors.ts'

/** One image of a docker archive's `manifest.json`; paths are names of members. */
export interface DockerManifestEntry {
  readonly config: string
  readonly layers: readonly string[]
  readonly names: readonly Reference[]
}

/** Throws `bad-archive`, and `bad-reference` for names that are none. */
export const parseDockerManifest = (text: string): readonly DockerManifestEntry[] => {
  const value = parseJson(text)
  if (!Array.isArray(value) || value.length === 0) throw badArchive('manifest.json is not a list of images')
  return value.map((item: unknown) => {
    if (!isObject(item)) throw badArchive('manifest.json has an entry that is no object')
    const tags = item['RepoTags'] ?? []
    return {
      config: asText('Config', item['Config']),
      layers: asTexts('Layers', item['Layers'] ?? []),
      names: asTexts('RepoTags', tags).map(parseReference),
    }
  })
}

export const formatDockerManifest = (entries: readonly DockerManifestEntry[]): string =>
  JSON.stringify(
    entries.map(({ config, layers, names }) => ({
      Config: config,
      RepoTags:
        names.length > 0 ? names.map((name) => `${familiarName(name)}:${name.tag ?? 'latest'}`) : null,
      Layers: layers,
    })),
  )

const parseJson = (text: string): unknown => {
  try {
    return parseStrictJson(text)
  } catch (error) {
    throw badArchive('manifest.json is not JSON', error)
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const asText = (key: string, value: unknown): string => {
  if (typeof value !== 'string') throw badArchive(`${key} in manifest.json is not a string`)
  return value
}

const asTexts = (key: string, value: unknown): readonly string[] => {
  if (!Array.isArray(value)) throw badArchive(`${key} in manifest.json is not a list`)
  return value.map((item) => asText(key, item))
}
