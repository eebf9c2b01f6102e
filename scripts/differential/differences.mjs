// A difference is {part, where, field, docker, ours}: part is one of tree, mtime, layer, config, history. One of mtime has the
// type of the file too.
import { mergeLayers } from './merge-layers.mjs'

const fields = ['type', 'mode', 'uid', 'gid', 'size', 'link', 'device', 'digest', 'names', 'xattrs']
const shown = (field, value) => {
  if (field === 'mode') return value.toString(8).padStart(4, '0')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const differ = (part, where, field, docker, ours) => ({ part, where, field, docker, ours })

const day = 24 * 60 * 60

/** What was made in a build is of "now": docker takes some steps of the builds before, even when it is told not to. */
const timeOf = ({ mtime, own }) => {
  if (mtime === undefined) return 'none'
  return own && mtime > Date.now() / 1000 - day ? 'now' : String(mtime)
}

const compareEntry = (part, where, docker, ours, which) =>
  which
    .map((field) => [field, shown(field, docker[field]), shown(field, ours[field])])
    .filter(([, a, b]) => a !== b)
    .map(([field, a, b]) => differ(part, where, field, a, b))

/** Two maps by path: what is in one only, and what `compare` finds in both. */
const compareMaps = (part, docker, ours, label, compare) => {
  const found = []
  for (const path of [...new Set([...docker.keys(), ...ours.keys()])].sort()) {
    const [a, b] = [docker.get(path), ours.get(path)]
    const where = label(path)
    if (!a) found.push(differ(part, where, 'presence', 'absent', b.type))
    else if (!b) found.push(differ(part, where, 'presence', a.type, 'absent'))
    else found.push(...compare(where, a, b))
  }
  return found
}

const sharedLayers = (docker, ours) => {
  const first = docker.findIndex(({ digest }, index) => digest !== ours[index]?.digest)
  return first === -1 ? docker.length : first
}

const compareTrees = (docker, ours) => {
  const shared = sharedLayers(docker, ours)
  return compareMaps(
    'tree',
    mergeLayers(docker, shared),
    mergeLayers(ours, shared),
    (path) => `/${path}`,
    (where, a, b) => {
      const times = [timeOf(a), timeOf(b)]
      return [
        ...compareEntry('tree', where, a, b, fields),
        ...(times[0] === times[1] ? [] : [{ ...differ('mtime', where, 'mtime', ...times), type: b.type }]),
      ]
    },
  )
}

const layerFields = ['type', 'mode', 'uid', 'gid', 'xattrs']
const isMark = (path) => /(^|\/)\.wh\.[^/]*$/.test(path)

const byPath = (layer) => new Map(layer.entries.map((entry) => [entry.path, entry]))

/** Which of the names of a file is the first, and so not a link, depends on the order in the tar: the tree tells the rest. */
const linkless = (entry) => (entry.type === 'hardlink' ? { ...entry, type: 'file' } : entry)

const compareLayers = (docker, ours) => {
  if (docker.length !== ours.length) return [differ('layer', 'layers', 'number', docker.length, ours.length)]
  return docker.flatMap((layer, index) =>
    layer.digest === ours[index].digest
      ? []
      : compareMaps(
          'layer',
          byPath(layer),
          byPath(ours[index]),
          (path) => `${index}: /${path}`,
          (where, a, b) =>
            isMark(a.path) ? [] : compareEntry('layer', where, linkless(a), linkless(b), layerFields),
        ),
  )
}

const canonical = (value) =>
  value && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((key) => [key, canonical(value[key])]),
      )
    : value
const json = (value) => (value === undefined ? 'absent' : JSON.stringify(canonical(value)))

const compareObjects = (part, where, docker = {}, ours = {}, skip = []) =>
  [...new Set([...Object.keys(docker), ...Object.keys(ours)])]
    .filter((key) => !skip.includes(key) && json(docker[key]) !== json(ours[key]))
    .sort()
    .map((key) => differ(part, where, key, json(docker[key]), json(ours[key])))

const compareHistory = (docker = [], ours = []) => {
  if (docker.length !== ours.length)
    return [differ('history', 'history', 'number', docker.length, ours.length)]
  return docker.flatMap((entry, index) =>
    compareObjects('history', `step ${index}`, entry, ours[index], ['created']),
  )
}

/** Everything in which two images differ. */
export const differences = (docker, ours) => [
  ...compareObjects('config', 'image', docker.config, ours.config, [
    'created',
    'config',
    'history',
    'rootfs',
  ]),
  ...compareObjects('config', 'config', docker.config.config, ours.config.config),
  ...compareHistory(docker.config.history, ours.config.history),
  ...compareTrees(docker.layers, ours.layers),
  ...compareLayers(docker.layers, ours.layers),
]
