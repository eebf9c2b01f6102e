import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  encodeArguments,
  type RecipeItem,
  type recipeItems,
  requestHead,
} from '../../../foundation/native/index.ts'
import type { HostPath } from '../../../foundation/oci/index.ts'
import { storePaths } from '../../../store/snapshot/index.ts'
import type { ContainerStore } from '../container-store.ts'
import { eventFileText } from '../event-file.ts'
import { eventText } from '../events.ts'
import { monitorArguments } from '../launch-monitor.ts'
import { nameWords } from '../random-name.ts'
import type { PreparedStart } from '../start-container.ts'
import { stateFile } from '../state-files.ts'
import type { Container, ContainerRecord } from '../types.ts'
import { isRepeatable } from './repeatable.ts'

type RecipeItems = Awaited<ReturnType<typeof recipeItems>>

export interface RecipeRequest {
  readonly containers: ContainerStore
  readonly container: Container
  /** As the start is about to hand it to the monitor: all files are written. */
  readonly prepared: PreparedStart
  /** The command line and what else decides, as the front knows it. */
  readonly key: string
  /** What must be as it was for the recipe to hold. */
  readonly checks: readonly RecipeItem[]
  /** What items are made with. */
  readonly items: RecipeItems
  /** Seconds that things lie in the trash. */
  readonly trashAge: number
}

/** Larger journals are for the program, which puts them aside. */
const journalLimit = 4 << 20

/** Files of a container that a start writes, and that are the same in each run but for its id, with their modes. */
const startFiles: readonly (readonly [name: string, mode: number])[] = [
  [stateFile.network, 0o600],
  [stateFile.leases, 0o600],
  [stateFile.hosts, 0o644],
  [stateFile.hostname, 0o644],
  [stateFile.resolvConf, 0o644],
  [stateFile.resolver, 0o644],
]

/**
 * How to run the container of `prepared` again, with another id and name: the steps of `createContainer` and `startContainer` in their
 * order, so that a crash between any two leaves what one of theirs would. Undefined when that would not come to the same.
 */
export const recipeOf = (request: RecipeRequest): Uint8Array | undefined => {
  const { container, prepared, key, checks } = request
  if (!isRepeatable(container, prepared)) return undefined
  const places = placesOf(request)
  const files = fileItems(places, request)
  const layers = layerChecks(request)
  const root = rootItems(places, request)
  if (!layers || !root || !files) return undefined
  return request.items.encodeRecipe([
    ['K', key],
    ['I', places.id],
    // The lease before the look at the lock and the records: a prune does it the other way round (store/snapshot/lease.ts).
    ['F', places.lease, '384', `${places.id}@milliseconds\n${heldOf(container)}\n`],
    ...checks,
    ['Q', request.containers.journal, String(journalLimit)],
    ...layers,
    ...nameItems(places),
    ...root,
    ...files,
    ...tellItems(request, ['create', 'attach']),
    ...cgroupItems(prepared),
    ['U', places.lease],
    ['R', ...monitorArguments(prepared.monitor)],
    ['P', 'started'],
    ['U', join(container.dir, 'lock')],
    ['Z', request.containers.trash, String(request.trashAge)],
    ...undoItems(places, request),
  ])
}

interface Places {
  readonly id: string
  readonly dir: HostPath
  readonly owned: HostPath
  readonly active: HostPath
  readonly lease: HostPath
}

const placesOf = ({ containers, container: { record, dir } }: RecipeRequest): Places => {
  const paths = storePaths(containers.root)
  return {
    id: record.id,
    dir,
    owned: containers.ownedDirOf(record.id),
    active: join(paths.active, `${record.id}@owner`),
    lease: join(paths.leases, `${record.id}@owner`),
  }
}

const heldOf = ({ record }: Container): string => [record.imageId, ...record.stack].join('\n')

/** The lease is taken by then: what is still there stays. */
const layerChecks = ({ prepared: { root }, items }: RecipeRequest): readonly RecipeItem[] | undefined => {
  if (root.kind !== 'overlay') return undefined
  const data = [...(root.images?.values() ?? [])].flatMap((image) => image.data)
  const checks = [...root.lower, ...data].map(items.stillThere)
  return checks.every((check) => check !== undefined) ? checks : undefined
}

/** Mode and owner of what only we may enter. */
const closed = (): readonly string[] => ['448', String(process.geteuid?.()), String(process.getegid?.())]

const nameItems = ({ id, dir }: Places): readonly RecipeItem[] => [
  ['D', dir, ...closed()],
  ['F', join(dir, stateFile.making), '384', `${id}@self`],
  ['X', dir, join(dir, '../../records/container-names'), nameWords.first, nameWords.second],
]

/** The writable state, under a name that says whose it is until it is whole. Undefined when it has more than an empty root. */
const rootItems = (
  { owned, active }: Places,
  { prepared }: RecipeRequest,
): readonly RecipeItem[] | undefined => {
  const { root } = prepared
  const work = root.kind === 'overlay' ? root.work : undefined
  const upper = join(owned, 'layer/tree')
  if (work === undefined || !work.startsWith(`${owned}/`) || readdirSync(upper).length > 0) return undefined
  const { mode, uid, gid } = statSync(upper)
  return [
    ['D', active, ...closed()],
    ['D', join(active, 'layer'), ...closed()],
    ['D', join(active, 'layer/tree'), String(mode & 0o7777), String(uid), String(gid)],
    ['D', join(active, work.slice(owned.length + 1)), ...closed()],
    ['F', join(active, 'stack'), '384', readFileSync(join(owned, 'stack'))],
    ['M', active, owned],
  ]
}

/**
 * The files of a start, then the record: with it the container is there, and locked, since it is being started. Undefined when the
 * words of the command are not where they are expected.
 */
const fileItems = (
  { id, dir }: Places,
  { container, containers }: RecipeRequest,
): readonly RecipeItem[] | undefined => {
  const record = standIn(container.record)
  const temp = join(dir, '.container.json.tmp')
  const spec = specItem(join(dir, stateFile.spec), container)
  const started = requestItem(join(dir, stateFile.request), wordsOf(container.record))
  if (!spec || !started) return undefined
  return [
    ...startFiles.map(([name, mode]): RecipeItem => copyOf(join(dir, name), mode)),
    spec,
    started,
    ['F', join(dir, stateFile.event), '384', eventFileText({ root: containers.root, dir, record })],
    ['F', join(dir, 'lock'), '384', `${id}@self`],
    ['F', temp, '384', JSON.stringify(record)],
    ['M', temp, join(dir, stateFile.record)],
    ['U', join(dir, stateFile.making)],
  ]
}

/** The words behind the image; none where the image's own command runs. */
const wordsOf = ({ options }: ContainerRecord): readonly string[] => options.command ?? []

/** The arguments of the process, with one in place of all those words that stands for them. */
const withPlace = (record: ContainerRecord): readonly string[] => {
  const words = wordsOf(record)
  return words.length === 0 ? record.args : [...record.args.slice(0, -words.length), `${record.id}@words`]
}

const specItem = (path: HostPath, { record }: Container): RecipeItem | undefined => {
  const [before, after, ...more] = readFileSync(path, 'utf8').split(`"args":${JSON.stringify(record.args)}`)
  if (before === undefined || after === undefined || more.length > 0) return undefined
  return ['F', path, '384', `${before}"args":${JSON.stringify(withPlace(record))}${after}`]
}

const requestItem = (path: HostPath, words: readonly string[]): RecipeItem | undefined => {
  const bytes = readFileSync(path)
  if (words.length === 0) return ['F', path, '384', bytes]
  const inside = encodeArguments(words)
  const at = bytes.indexOf(inside)
  if (at < requestHead || bytes.indexOf(inside, at + 1) >= 0) return undefined
  return ['T', path, '384', bytes.subarray(requestHead, at), bytes.subarray(at + inside.length)]
}

const copyOf = (path: HostPath, mode: number): RecipeItem => ['F', path, String(mode), readFileSync(path)]

/** The record of a container whose name, time and command are not known yet. */
const standIn = (record: ContainerRecord): ContainerRecord => {
  const { id, options } = record
  const command = wordsOf(record).length === 0 ? {} : { command: [`${id}@words`] }
  return {
    ...record,
    name: `${id}@name`,
    created: `${id}@created`,
    args: withPlace(record),
    options: { ...options, ...command },
  }
}

const tellItems = (
  { containers, container: { record } }: RecipeRequest,
  actions: readonly string[],
  operation = 'J',
): readonly RecipeItem[] => {
  const line = (action: string): string =>
    `{${record.id}@now,"status":"${action}","Action":"${action}",${eventText(standIn(record))}}}}\n`
  return [[operation, containers.journal, actions.map(line).join('')]]
}

const cgroupItems = ({ plan }: PreparedStart): readonly RecipeItem[] => {
  const writes: [path: HostPath, ...values: string[]][] = []
  for (const { path, value } of plan.files.filter((file) => existsSync(file.path))) {
    const last = writes.at(-1)
    if (last?.[0] === path) last.push(value)
    else writes.push([path, value])
  }
  return [
    ...plan.directories.map((path): RecipeItem => ['C', path]),
    ...writes.map((write): RecipeItem => ['W', ...write]),
  ]
}

const undoItems = (
  { id, dir, owned, active, lease }: Places,
  request: RecipeRequest,
): readonly RecipeItem[] => {
  const aside = (what: string): HostPath => join(request.containers.trash, `${id}.${what}`)
  return [
    ['P', 'undo'],
    ['U', lease],
    ...request.prepared.plan.directories.map((path): RecipeItem => ['c', path]),
    ['n', dir],
    ['M', active, aside('active')],
    ['M', owned, aside('owned')],
    ['M', dir, aside('container')],
    ...tellItems(request, ['destroy'], 'j'),
  ]
}
