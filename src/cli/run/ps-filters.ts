import {
  type Container,
  type ContainerStore,
  healthOf,
  networkNamesOf,
  readPorts,
} from '../../engine/index.ts'
import { type AppError, exitCode } from '../../foundation/errors/index.ts'
import { filterOf } from '../filter-words.ts'
import { booleanOf } from '../value-forms.ts'
import { goPattern } from './go-pattern.ts'
import { usage } from './parse-verb.ts'
import type { KnownImages } from './ps-images.ts'
import { stateOf } from './status-text.ts'

/** What filters look things up in. */
export interface PsLookup {
  readonly containers: ContainerStore
  readonly images: KnownImages
  /** By name. */
  readonly networkIds: ReadonlyMap<string, string>
}

type Matcher = (container: Container, value: string, lookup: PsLookup) => boolean

const matchers: Readonly<Record<string, Matcher>> = {
  ancestor: ({ record }, value, { images }) => images.idsOf(value).includes(record.imageId),
  before: ({ record }, value, { containers }) => record.created < containers.find(value).record.created,
  exited: ({ status }, value) => status.kind === 'exited' && status.exit.exitCode === Number(value),
  expose: (container, value) =>
    portsOf(container).some((port) => inRange(port.containerPort, port.protocol, value)),
  health: (container, value) => (healthOf(container)?.Status ?? 'none') === value,
  id: ({ record }, value) => record.id.startsWith(value),
  // Of another system.
  isolation: () => true,
  // Of a swarm, which there is none of.
  'is-task': (_, value) => booleanOf(value) === false,
  label: ({ record }, value) => {
    const equals = value.indexOf('=')
    const found = record.options.config.Labels?.[equals < 0 ? value : value.slice(0, equals)]
    return found !== undefined && (equals < 0 || found === value.slice(equals + 1))
  },
  name: ({ record }, value) => nameMatches(record.name, value),
  volume: ({ record }, value) =>
    record.options.mounts.some(
      (mount) =>
        (mount.destination === value && (mount.type !== 'tmpfs' || mount.byMount === true)) ||
        (mount.type === 'volume' && mount.name === value) ||
        (mount.type === 'bind' && mount.source === value),
    ),
  network: (container, value, { networkIds }) =>
    networkNamesOf(container).some(
      (name) => name === value || (value !== '' && networkIds.get(name)?.startsWith(value) === true),
    ),
  publish: (container, value) =>
    portsOf(container).some(({ hostPort = 0, protocol }) => inRange(hostPort, protocol, value)),
  since: ({ record }, value, { containers }) => record.created > containers.find(value).record.created,
  status: (container, value) => stateOf(container) === value,
}

interface OpenPort {
  readonly containerPort: number
  readonly protocol: string
  readonly hostPort?: number
}

/** Exposed and published ones; of what does not run none, as in docker. */
const portsOf = (container: Container): readonly OpenPort[] =>
  container.status.kind === 'running' ? [...unpublishedPorts(container), ...readPorts(container.dir)] : []

/** Those that are only exposed. */
export const unpublishedPorts = ({ dir, record }: Container): readonly OpenPort[] => {
  const published = new Set(readPorts(dir).map((port) => `${port.containerPort}/${port.protocol}`))
  return Object.keys(record.options.config.ExposedPorts ?? {}).flatMap((text) => {
    const [port, protocol = 'tcp'] = text.split('/')
    return published.has(`${port}/${protocol}`) ? [] : [{ containerPort: Number(port), protocol }]
  })
}

const ports = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/([a-z]+))?$/

/** `value` is PORT[-PORT][/PROTOCOL]; without a protocol it is tcp. */
const inRange = (port: number, protocol: string, value: string): boolean => {
  const [, first, last = first, wanted = 'tcp'] = ports.exec(value) ?? []
  return protocol === wanted && port >= Number(first) && port <= Number(last)
}

/** Docker takes a pattern, which may count on the slash that names have there. */
const nameMatches = (name: string, value: string): boolean => {
  try {
    const pattern = goPattern(value)
    return pattern.test(name) || pattern.test(`/${name}`)
  } catch {
    throw badFilter(`name=${value}`, 'the name is no regular expression')
  }
}

const states = ['created', 'dead', 'exited', 'paused', 'removing', 'restarting', 'running']

const healths = ['healthy', 'none', 'starting', 'unhealthy']

const badFilter = (filter: string, why: string): AppError =>
  usage('ps', `--filter ${JSON.stringify(filter)}: ${why}`, undefined, exitCode.failed)

const isRange = (value: string): boolean => {
  const [, first, last = first] = ports.exec(value) ?? []
  return first !== undefined && Number(first) <= Number(last) && Number(last) <= 65_535
}

const checkFilter = (key: string, value: string, containers: ContainerStore): void => {
  if (key === 'before' || key === 'since') containers.find(value)
  if (key === 'status' && !states.includes(value))
    throw badFilter(`status=${value}`, `expected one of ${states.join(', ')}`)
  if (key === 'health' && !healths.includes(value))
    throw badFilter(`health=${value}`, `expected one of ${healths.join(', ')}`)
  if ((key === 'expose' || key === 'publish') && !isRange(value))
    throw badFilter(`${key}=${value}`, 'expected PORT[-PORT][/PROTOCOL]')
  if (key === 'is-task' && booleanOf(value) === undefined)
    throw badFilter(`is-task=${value}`, 'expected true or false')
  if (key === 'exited' && !/^-?\d+$/.test(value)) throw badFilter(`exited=${value}`, 'expected an exit code')
}

/** One predicate of all `--filter KEY=VALUE`: values of one key are alternatives (labels all count), keys all count. Throws `usage`. */
export const parsePsFilters = (
  filters: readonly string[],
  lookup: PsLookup,
): ((container: Container) => boolean) => {
  const wanted = new Map<string, string[]>()
  for (const filter of filters) {
    if (filter === '') continue
    const parsed = filterOf(filter)
    if (!parsed) throw usage('ps', `--filter ${JSON.stringify(filter)}: expected KEY=VALUE`)
    const { key, value } = parsed
    if (!Object.hasOwn(matchers, key)) {
      throw usage(
        'ps',
        `--filter ${JSON.stringify(filter)}: not supported`,
        `keys are ${Object.keys(matchers).join(', ')}`,
        exitCode.failed,
      )
    }
    checkFilter(key, value, lookup.containers)
    wanted.set(key, [...(wanted.get(key) ?? []), value])
  }
  return (container) =>
    [...wanted].every(([key, values]) => {
      const match = (value: string): boolean => matchers[key]?.(container, value, lookup) ?? false
      return key === 'label' ? values.every(match) : values.some(match)
    })
}
