import {
  type Container,
  type ContainerStore,
  healthOf,
  networkNamesOf,
  readPorts,
} from '../../engine/index.ts'
import { type AppError, exitCode } from '../../foundation/errors/index.ts'
import { usage } from './parse-verb.ts'
import { stateOf } from './status-text.ts'

type Matcher = (container: Container, value: string, containers: ContainerStore) => boolean

const matchers: Readonly<Record<string, Matcher>> = {
  ancestor: ({ record }, value) =>
    record.image === value || record.imageId.replace('sha256:', '').startsWith(value),
  before: ({ record }, value, containers) => record.created < containers.find(value).record.created,
  exited: ({ status }, value) => status.kind === 'exited' && status.exit.exitCode === Number(value),
  expose: (container, value) =>
    portsOf(container).some((port) => inRange(port.containerPort, port.protocol, value)),
  health: (container, value) => (healthOf(container)?.Status ?? 'none') === value,
  id: ({ record }, value) => record.id.startsWith(value),
  label: ({ record }, value) => {
    const equals = value.indexOf('=')
    const found = record.options.config.Labels?.[equals < 0 ? value : value.slice(0, equals)]
    return found !== undefined && (equals < 0 || found === value.slice(equals + 1))
  },
  name: ({ record }, value) => nameMatches(record.name, value),
  volume: ({ record }, value) =>
    record.options.mounts.some(
      (mount) =>
        mount.destination === value ||
        (mount.type === 'volume' && mount.name === value) ||
        (mount.type === 'bind' && mount.source === value),
    ),
  network: (container, value) => networkNamesOf(container).includes(value),
  publish: ({ dir, status }, value) =>
    status.kind === 'running' && readPorts(dir).some((port) => inRange(port.hostPort, port.protocol, value)),
  since: ({ record }, value, containers) => record.created > containers.find(value).record.created,
  status: (container, value) => stateOf(container) === value,
}

interface OpenPort {
  readonly containerPort: number
  readonly protocol: string
}

/** Exposed and published ones; of what does not run none, as in docker. */
const portsOf = ({ dir, status, record }: Container): readonly OpenPort[] => {
  if (status.kind !== 'running') return []
  const exposed = Object.keys(record.options.config.ExposedPorts ?? {}).map((text): OpenPort => {
    const [port, protocol = 'tcp'] = text.split('/')
    return { containerPort: Number(port), protocol }
  })
  return [...exposed, ...readPorts(dir)]
}

const ports = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/

/** `value` is PORT[-PORT][/PROTOCOL]; without a protocol it is tcp. */
const inRange = (port: number, protocol: string, value: string): boolean => {
  const [, first, last = first, wanted = 'tcp'] = ports.exec(value) ?? []
  return protocol === wanted && port >= Number(first) && port <= Number(last)
}

/** Docker takes a pattern, which may count on the slash that names have there. */
const nameMatches = (name: string, value: string): boolean => {
  try {
    const pattern = new RegExp(value)
    return pattern.test(name) || pattern.test(`/${name}`)
  } catch {
    throw badFilter(`name=${value}`, 'the name is no regular expression')
  }
}

const states = ['created', 'dead', 'exited', 'paused', 'removing', 'restarting', 'running']

const healths = ['healthy', 'none', 'starting', 'unhealthy']

const badFilter = (filter: string, why: string): AppError =>
  usage('ps', `--filter ${JSON.stringify(filter)}: ${why}`, undefined, exitCode.failed)

const checkFilter = (key: string, value: string, containers: ContainerStore): void => {
  if (key === 'before' || key === 'since') containers.find(value)
  if (key === 'status' && !states.includes(value))
    throw badFilter(`status=${value}`, `expected one of ${states.join(', ')}`)
  if (key === 'health' && !healths.includes(value))
    throw badFilter(`health=${value}`, `expected one of ${healths.join(', ')}`)
  if ((key === 'expose' || key === 'publish') && !ports.test(value))
    throw badFilter(`${key}=${value}`, 'expected PORT[-PORT][/PROTOCOL]')
  if (key === 'exited' && !/^-?\d+$/.test(value)) throw badFilter(`exited=${value}`, 'expected an exit code')
}

/** One predicate of all `--filter KEY=VALUE`: values of one key are alternatives (labels all count), keys all count. Throws `usage`. */
export const parsePsFilters = (
  filters: readonly string[],
  containers: ContainerStore,
): ((container: Container) => boolean) => {
  const wanted = new Map<string, string[]>()
  for (const filter of filters) {
    const equals = filter.indexOf('=')
    if (equals < 0) throw usage('ps', `--filter ${JSON.stringify(filter)}: expected KEY=VALUE`)
    const key = filter.slice(0, equals)
    if (!Object.hasOwn(matchers, key)) {
      throw usage(
        'ps',
        `--filter ${JSON.stringify(filter)}: not supported`,
        `keys are ${Object.keys(matchers).join(', ')}`,
        exitCode.failed,
      )
    }
    checkFilter(key, filter.slice(equals + 1), containers)
    wanted.set(key, [...(wanted.get(key) ?? []), filter.slice(equals + 1)])
  }
  return (container) =>
    [...wanted].every(([key, values]) => {
      const match = (value: string): boolean => matchers[key]?.(container, value, containers) ?? false
      return key === 'label' ? values.every(match) : values.some(match)
    })
}
