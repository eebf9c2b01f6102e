import { canonicalText } from './json.ts'
import { mergeLayers } from './merge-layers.ts'
import type { BuiltImage, Difference, Entry, JsonObject, Layer, Result } from './types.ts'

type Part = Difference['part']
type EntryField = Exclude<keyof Entry, 'mtime'>

const fields: readonly EntryField[] = [
  'type',
  'mode',
  'uid',
  'gid',
  'size',
  'link',
  'device',
  'digest',
  'names',
  'xattrs',
]
const differ = (part: Part, where: string, field: string, docker: string, ours: string): Difference => ({
  part,
  where,
  field,
  docker,
  ours,
})

const shown = (value: Entry[EntryField]): string => (typeof value === 'string' ? value : canonicalText(value))

const compareEntry = (
  part: Part,
  where: string,
  docker: Entry,
  ours: Entry,
  which: readonly EntryField[],
): readonly Difference[] =>
  which
    .filter((field) => shown(docker[field]) !== shown(ours[field]))
    .map((field) => differ(part, where, field, shown(docker[field]), shown(ours[field])))

const compareMaps = (
  part: Part,
  docker: Layer,
  ours: Layer,
  label: (path: string) => string,
  compare: (where: string, docker: Entry, ours: Entry) => readonly Difference[],
): readonly Difference[] =>
  [...new Set([...docker.keys(), ...ours.keys()])].sort().flatMap((path) => {
    const [a, b] = [docker.get(path), ours.get(path)]
    if (a && b) return compare(label(path), a, b)
    return [differ(part, label(path), 'presence', a?.type ?? 'absent', b?.type ?? 'absent')]
  })

const compareTrees = (
  docker: readonly Layer[],
  ours: readonly Layer[],
  label: (path: string) => string,
): readonly Difference[] =>
  compareMaps('tree', mergeLayers(docker), mergeLayers(ours), label, (where, a, b) => [
    ...compareEntry('tree', where, a, b, fields),
    ...(a.mtime === b.mtime
      ? []
      : [{ ...differ('mtime', where, 'mtime', String(a.mtime), String(b.mtime)), type: b.type }]),
  ])

/**
 * The trees after each layer: how a layer says what it changes (marks of whiteouts, entries that change nothing) is its own
 * affair. A difference that stays is told once.
 */
const compareLayers = (
  docker: readonly Layer[],
  ours: readonly Layer[],
  below: readonly Layer[],
): readonly Difference[] => {
  const final = compareTrees([...below, ...docker], [...below, ...ours], (path) => `/${path}`)
  if (docker.length !== ours.length)
    return [differ('layer', 'layers', 'number', String(docker.length), String(ours.length)), ...final]
  const keyOf = ({ where, field, docker: a, ours: b }: Difference): string => [where, field, a, b].join('\n')
  const seen = new Set(final.map(keyOf))
  const between = docker.slice(0, -1).flatMap((_, index) =>
    compareTrees(
      [...below, ...docker.slice(0, index + 1)],
      [...below, ...ours.slice(0, index + 1)],
      (path) => `/${path}`,
    )
      .filter((difference) => !seen.has(keyOf(difference)) && seen.add(keyOf(difference)))
      .map((difference) => ({ ...difference, layer: index })),
  )
  return [...between, ...final]
}

const compareObjects = (
  part: Part,
  where: string,
  docker: JsonObject,
  ours: JsonObject,
): readonly Difference[] =>
  [...new Set([...Object.keys(docker), ...Object.keys(ours)])]
    .filter((key) => canonicalText(docker[key]) !== canonicalText(ours[key]))
    .sort()
    .map((key) => differ(part, where, key, canonicalText(docker[key]), canonicalText(ours[key])))

const compareHistory = (
  docker: readonly JsonObject[],
  ours: readonly JsonObject[],
): readonly Difference[] => {
  if (docker.length !== ours.length)
    return [differ('history', 'history', 'number', `${docker.length}`, `${ours.length}`)]
  return docker.flatMap((entry, index) =>
    compareObjects('history', `step ${index}`, entry, ours[index] ?? {}),
  )
}

const compareImages = (docker: BuiltImage, ours: BuiltImage, base: Layer): readonly Difference[] => [
  ...(docker.onBase === ours.onBase
    ? []
    : [differ('layer', 'base', 'presence', `${docker.onBase}`, `${ours.onBase}`)]),
  ...compareObjects('config', 'image', docker.image, ours.image),
  ...compareObjects('config', 'config', docker.config, ours.config),
  ...compareHistory(docker.history, ours.history),
  ...compareLayers(docker.layers, ours.layers, docker.onBase ? [base] : []),
]

const told = (result: Result): string =>
  result.kind === 'built' ? 'built' : `refused: ${result.message.replace(/^/gm, '        ').trimStart()}`

/** Everything in which two results differ. What two builders say when both refuse is not compared. */
export const findDifferences = (docker: Result, ours: Result, base: Layer): readonly Difference[] => {
  if (docker.kind === 'built' && ours.kind === 'built') return compareImages(docker, ours, base)
  if (docker.kind === ours.kind) return []
  return [differ('result', 'build', 'end', told(docker), told(ours))]
}
