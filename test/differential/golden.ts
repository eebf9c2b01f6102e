import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonical, canonicalText, isObject, objectOf } from './json.ts'
import type { BuiltImage, Case, Entry, JsonObject, Layer, Result } from './types.ts'

/** What expected.json holds. `recorded` says of whom: a version of docker, or `by hand`. */
export interface Golden {
  readonly recorded: string
  readonly result: Result
}

const lines = (items: readonly string[], depth: number): string => {
  const indent = '  '.repeat(depth)
  return items.map((item) => `\n${indent}  ${item}`).join(',') + (items.length > 0 ? `\n${indent}` : '')
}

const objectLines = (value: JsonObject | Layer, depth: number): string => {
  const entries = value instanceof Map ? [...value] : Object.entries(objectOf(canonical(value)))
  return `{${lines(
    entries.map(([key, member]) => `${JSON.stringify(key)}: ${JSON.stringify(member)}`),
    depth,
  )}}`
}

const builtLines = (image: BuiltImage): readonly string[] => [
  `"onBase": ${image.onBase}`,
  `"image": ${canonicalText(image.image)}`,
  `"config": ${objectLines(image.config, 1)}`,
  `"history": [${lines(image.history.map(canonicalText), 1)}]`,
  `"layers": [${lines(
    image.layers.map((layer) => objectLines(layer, 2)),
    1,
  )}]`,
]

/** One line for each member of the config, step and file, so that changes can be reviewed. */
export const formatGolden = ({ recorded, result }: Golden): string => {
  const members =
    result.kind === 'built' ? builtLines(result) : [`"refused": ${JSON.stringify(result.message)}`]
  return `{${lines([`"recorded": ${JSON.stringify(recorded)}`, ...members], 0)}}\n`
}

const parseLayer = (value: unknown): Layer =>
  new Map(Object.entries(objectOf(value) as Record<string, Entry>))

const parseResult = (value: JsonObject): Result => {
  if (typeof value['refused'] === 'string') return { kind: 'refused', message: value['refused'] }
  const list = (key: string): readonly unknown[] => (Array.isArray(value[key]) ? value[key] : [])
  return {
    kind: 'built',
    onBase: value['onBase'] === true,
    image: objectOf(value['image']),
    config: objectOf(value['config']),
    history: list('history').filter(isObject),
    layers: list('layers').map(parseLayer),
  }
}

const pathOf = (test: Case): string => join(test.directory, 'expected.json')

/** The recorded result of a case, if there is one. */
export const readGolden = (test: Case): Golden | undefined => {
  if (!existsSync(pathOf(test))) return undefined
  const value = objectOf(JSON.parse(readFileSync(pathOf(test), 'utf8')))
  return { recorded: String(value['recorded']), result: parseResult(value) }
}

export const writeGolden = (test: Case, golden: Golden): void =>
  writeFileSync(pathOf(test), formatGolden(golden))
