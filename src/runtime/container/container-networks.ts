import { exitCode } from '../../foundation/errors/index.ts'
import {
  canonicalNetworkName,
  type Endpoint,
  type EndpointWish,
  isPredefined,
  openNetworkStore,
} from '../network/index.ts'
import { shortId } from './container-id.ts'
import type { ContainerStore } from './container-store.ts'
import type { CreateOptions } from './create-options.ts'
import { ContainerError } from './errors.ts'
import { readNetwork } from './state-files.ts'
import type { ContainerOptions } from './types.ts'

/** The container whose network `--network container:X` shares. */
export const donorOf = (mode: string): string | undefined =>
  mode.startsWith('container:') ? mode.slice('container:'.length) : undefined

/** The networks that a container is to be on; none for those that have no interfaces of their own. */
export const wishesOf = (options: ContainerOptions): readonly EndpointWish[] => {
  if (options.networks) return options.networks
  const own =
    options.network === 'host' || options.network === 'none' || donorOf(options.network) !== undefined
  return own ? [] : [{ network: options.network }]
}

/**
 * What was said about networks, with names of containers as ids. Throws `no-such-container`, and `bad-network-mode` for what
 * cannot be said together.
 */
export const settleNetwork = (
  options: CreateOptions,
  containers: ContainerStore,
): Pick<ContainerOptions, 'network'> & Partial<Pick<ContainerOptions, 'hostname' | 'networks'>> => {
  const mode = canonicalNetworkName(options.network ?? 'bridge')
  const donor = donorOf(mode)
  const shares = donor !== undefined || mode === 'host'
  if (shares && (options.links ?? []).length > 0) throw conflict('links', mode)
  if (donor === undefined)
    return { network: nameOf(mode, containers), ...namedNetworks(options.networks, containers) }
  const refused: readonly (readonly [string, boolean])[] = [
    ['a host name', options.hostname !== undefined],
    [
      'name servers',
      [options.dns, options.dnsSearch, options.dnsOptions].some((list) => (list ?? []).length > 0),
    ],
    ['lines of /etc/hosts', (options.extraHosts ?? []).length > 0],
    ['published ports', (options.ports ?? []).length > 0 || options.publishAll === true],
    ['exposed ports', (options.expose ?? []).length > 0],
  ]
  for (const [what, said] of refused) if (said) throw conflict(what, mode)
  const { record } = containers.find(donor)
  return { network: `container:${record.id}`, hostname: record.options.hostname }
}

/** Ids become names, which are what is kept; networks that are not there yet may come. */
const namedNetworks = (
  wishes: readonly EndpointWish[] | undefined,
  containers: ContainerStore,
): Partial<Pick<ContainerOptions, 'networks'>> =>
  wishes ? { networks: wishes.map((wish) => ({ ...wish, network: nameOf(wish.network, containers) })) } : {}

const nameOf = (word: string, containers: ContainerStore): string => {
  if (isPredefined(word)) return word
  const networks = openNetworkStore(containers.root)
  if (networks.get(word)) return word
  try {
    return networks.find(word).name
  } catch {
    return word
  }
}

const conflict = (what: string, mode: string): ContainerError =>
  new ContainerError('bad-network-mode', `set ${what}: with --network ${mode} they are those of another`, {
    exitCode: exitCode.engine,
    hint: 'leave one of the two out',
  })

/** The first process of a container whose namespaces are shared. Throws `container-not-running`, `no-such-container`. */
export const pidOfDonor = (donor: string, containers: ContainerStore): number => {
  const { record, status } = containers.find(donor)
  if (status.kind === 'running') return status.init.pid
  throw new ContainerError('container-not-running', `share namespaces of ${record.name}: it is not running`, {
    exitCode: exitCode.engine,
    hint: `start it with: tsrun start ${record.name}`,
  })
}

/** --link as lines of /etc/hosts. Throws `container-not-running`, `bad-network-mode` where the two share no network. */
export const linesOfLinks = (
  options: ContainerOptions,
  endpoints: readonly Endpoint[],
  containers: ContainerStore,
): readonly { readonly name: string; readonly address: string }[] =>
  (options.links ?? []).flatMap(({ container, alias }) => {
    const { record, dir, status } = containers.find(container)
    if (status.kind !== 'running')
      throw new ContainerError('container-not-running', `link to ${record.name}: it is not running`, {
        exitCode: exitCode.engine,
        hint: `start it with: tsrun start ${record.name}`,
      })
    const shared = (readNetwork(dir)?.endpoints ?? []).filter(({ networkId }) =>
      endpoints.some((own) => own.networkId === networkId),
    )
    if (shared.length === 0)
      throw new ContainerError(
        'bad-network-mode',
        `link to ${record.name}: it is on none of the same networks`,
        {
          exitCode: exitCode.engine,
        },
      )
    const names = [...new Set([alias, shortId(record.id), record.name])].join(' ')
    return shared.flatMap((one) =>
      one.interface.ipv4 ? [{ name: names, address: one.interface.ipv4.address }] : [],
    )
  })
