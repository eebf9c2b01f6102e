import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { AppError, errnoOf } from '../../foundation/errors/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'

/** A JSON object of a spec, of which only what is understood is looked at. */
export type Fields = Readonly<Record<string, unknown>>

/** One device of a CDI spec (container-device-interface SPEC.md), not looked into yet. */
export interface CdiDevice {
  /** `vendor.com/class=name` */
  readonly name: string
  readonly kind: string
  readonly annotations: Fields
  /** Of the spec, then of the device. */
  readonly edits: readonly Fields[]
  readonly file: HostPath
}

/** Larger ones are no specs. */
const limit = 4 << 20

/**
 * All devices that the specs in `directories` define, in code unit order of their names; of two with one name, that of the
 * earlier directory. JSON and YAML. Throws `bad-device-spec`.
 */
export const readCdiDevices = async (directories: readonly HostPath[]): Promise<readonly CdiDevice[]> => {
  const found = new Map<string, CdiDevice>()
  for (const directory of directories) {
    for (const name of specsIn(directory))
      for (const device of devicesOf(await parseFile(join(directory, name)), join(directory, name)))
        if (!found.has(device.name)) found.set(device.name, device)
  }
  return [...found.values()].sort((a, b) => byCodeUnit(a.name, b.name))
}

const specsIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory)
      .filter((name) => ['.json', '.yaml', '.yml'].includes(extname(name)))
      .sort(byCodeUnit)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw bad(directory, errnoOf(error) ?? String(error), error)
  }
}

const parseFile = async (file: HostPath): Promise<unknown> => {
  try {
    const stat = statSync(file)
    if (!stat.isFile() || stat.size > limit) throw bad(file, 'it is no file, or too large')
    const text = readFileSync(file, 'utf8')
    if (extname(file) === '.json') return JSON.parse(text)
    const { parseYaml } = await import('./read-yaml.ts')
    return parseYaml(text)
  } catch (error) {
    throw error instanceof AppError
      ? error
      : bad(file, error instanceof Error ? error.message : String(error), error)
  }
}

const devicesOf = (value: unknown, file: HostPath): readonly CdiDevice[] => {
  const spec = fieldsOf(value)
  const kind = spec['kind']
  if (typeof kind !== 'string' || !kindGrammar.test(kind))
    throw bad(file, 'expected a kind like vendor.com/class')
  return objectsIn(spec['devices']).map((device) => {
    const name = device['name']
    if (typeof name !== 'string') throw bad(file, 'a device has no name')
    return {
      name: `${kind}=${name}`,
      kind,
      annotations: { ...fieldsOf(spec['annotations']), ...fieldsOf(device['annotations']) },
      edits: [fieldsOf(spec['containerEdits']), fieldsOf(device['containerEdits'])],
      file,
    }
  })
}

export const kindGrammar = /^[A-Za-z][A-Za-z0-9_.-]*\/[A-Za-z][A-Za-z0-9_-]*$/

/** No fields for what is no object. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {}

export const objectsIn = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.map(fieldsOf) : []

export const textsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []

export const bad = (file: HostPath, why: string, cause?: unknown): AppError =>
  new AppError('bad-device-spec', `read device spec ${file}: ${why}`, { cause })
