import {
  type Container,
  isLive,
  networkCases,
  networkNamesOf,
  openContainerStore,
  openStore,
  readPorts,
  shortContainerId,
  sizeCases,
} from '../../engine/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { filterOf } from '../filter-words.ts'
import { humanSince, humanSize, plainTime } from '../render/human.ts'
import { type Column, type Row, renderList } from '../render/list.ts'
import { parseWhole } from './parse-values.ts'
import { collect, parseHotVerb } from './parse-verb.ts'
import { portsText } from './port-text.ts'
import { parsePsFilters, unpublishedPorts } from './ps-filters.ts'
import { type KnownImages, knownImages } from './ps-images.ts'
import { stateOf, statusText } from './status-text.ts'

interface Options {
  readonly all?: boolean
  readonly quiet?: boolean
  readonly trunc: boolean
  readonly latest?: boolean
  readonly last?: string
  readonly filter?: readonly string[]
  readonly format?: string
  readonly size?: boolean
}

/** `tsrun ps [OPTIONS]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('ps', argv, cli, (command) =>
    command
      .description('List containers')
      .option('-a, --all', 'also those that do not run')
      .option('-q, --quiet', 'print only ids')
      .option('-s, --size', 'also what it has changed, in bytes')
      .option('--no-trunc', 'print whole ids and commands')
      .option('-l, --latest', 'only the newest')
      .option('-n, --last <number>', 'only the newest ones')
      .option(
        '-f, --filter <filter>',
        'ancestor=, before=, exited=, expose=, health=, id=, is-task=, label=, name=, network=, publish=, since=, status=, volume= (repeatable)',
        collect,
      )
      .option('--format <format>', 'json, or a template such as {{.ID}} {{.Names}}'),
  )
  if (!parsed) return 0
  const { options } = parsed
  const containers = openContainerStore(cli.root)
  const images = knownImages(cli.root)
  const networkIds = asksFor('network', options) ? await idsOfNetworks(cli) : new Map<string, string>()
  const matches = parsePsFilters(options.filter ?? [], { containers, images, networkIds })
  const last = options.latest ? 1 : lastOf(options.last)
  const all = options.all || last !== undefined || asksFor('status', options)
  const listed = containers.list()
  if (all) warnOfDamaged(containers.damaged(listed), cli)
  const found = listed
    .filter((container) => (all || isLive(container.status)) && matches(container))
    .slice(0, last)
  if (options.quiet) {
    if (options.format !== undefined)
      cli.stderr.write('tsrun: warning: --format is left out: -q prints ids\n')
    cli.stdout.write(found.map((one) => `${idOf(one, options)}\n`).join(''))
    return 0
  }
  const now = cli.now()
  const sized = options.size || /\.Size\b/.test(options.format ?? '')
  const sizes = sized ? await sizeTexts(found, cli) : new Map<string, string>()
  cli.stdout.write(
    renderList(
      found.map((one) => fieldsOf(one, { options, now, images, size: sizes.get(one.record.id) ?? '0B' })),
      sized ? [...columns, { header: 'SIZE', field: 'Size' }] : columns,
      options.format,
    ),
  )
  return 0
}

const asksFor = (key: string, { filter = [] }: Options): boolean =>
  filter.some((text) => filterOf(text)?.key === key)

const idsOfNetworks = async (cli: CliContext): Promise<ReadonlyMap<string, string>> => {
  const { listNetworks } = await networkCases()
  return new Map(listNetworks(cli).map(({ name, id }) => [name, id]))
}

const warnOfDamaged = (ids: readonly string[], cli: CliContext): void => {
  for (const id of ids)
    cli.stderr.write(
      `tsrun: warning: container ${id} is damaged: its record cannot be read; tsrun rm -f ${id.slice(0, 12)} removes it\n`,
    )
}

/** `5B (virtual 2.13MB)` by container. */
const sizeTexts = async (
  containers: readonly Container[],
  cli: CliContext,
): Promise<ReadonlyMap<string, string>> => {
  const { sizeOf } = await sizeCases()
  const store = openStore({ root: cli.root })
  return new Map(
    containers.map((container) => {
      const { own, whole } = sizeOf(store, container)
      return [container.record.id, `${humanSize(own)} (virtual ${humanSize(whole)})`]
    }),
  )
}

/** A negative number is all. */
const lastOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const last = parseWhole('--last', text, Number.MIN_SAFE_INTEGER)
  return last < 0 ? undefined : last
}

const columns: readonly Column[] = [
  { header: 'CONTAINER ID', field: 'ID' },
  { header: 'IMAGE', field: 'Image' },
  { header: 'COMMAND', field: 'Command' },
  { header: 'CREATED', field: 'RunningFor' },
  { header: 'STATUS', field: 'Status' },
  { header: 'PORTS', field: 'Ports' },
  { header: 'NAMES', field: 'Names' },
]

const idOf = ({ record }: Container, options: Options): string =>
  options.trunc ? shortContainerId(record.id) : record.id

interface Shown {
  readonly options: Options
  readonly now: number
  readonly images: KnownImages
  readonly size: string
}

/** The members of docker's `--format json`. */
const fieldsOf = (container: Container, { options, now, images, size }: Shown): Row => {
  const { record, status } = container
  const labels = record.options.config.Labels ?? {}
  return {
    Command: quoted(record.args.map(shownWord).join(' '), options.trunc),
    CreatedAt: plainTime(record.created),
    ID: idOf(container, options),
    Image: images.shownFor(record, options.trunc),
    Label: (name: string) => (Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''),
    Labels: Object.entries(labels)
      .toSorted(([a], [b]) => byCodeUnit(a, b))
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    LocalVolumes: String(record.options.mounts.filter((mount) => mount.type === 'volume').length),
    Mounts: mountNames(container, options.trunc),
    Names: record.name,
    Networks: networkNamesOf(container).join(','),
    Ports: status.kind === 'running' ? portsText(unpublishedPorts(container), readPorts(container.dir)) : '',
    RunningFor: humanSince(record.created, now),
    Size: size,
    State: stateOf(container),
    Status: statusText(container, now),
  }
}

/** Docker puts words with a blank into quotes, behind the first. */
const shownWord = (word: string, at: number): string => (at > 0 && word.includes(' ') ? `'${word}'` : word)

/** Names of volumes and images, sources of binds; a long one is cut as docker cuts it. */
const mountNames = ({ record }: Container, truncate: boolean): string =>
  record.options.mounts
    .filter((mount) => mount.type !== 'tmpfs' || mount.byMount === true)
    .map((mount) => {
      if (mount.type === 'tmpfs') return ''
      const name = mount.type === 'volume' ? mount.name : mount.type === 'image' ? mount.image : mount.source
      return truncate && name.length > 15 ? `${name.slice(0, 14)}…` : name
    })
    .join(',')

const quoted = (text: string, truncate: boolean): string => {
  const characters = [...text]
  const shown = truncate && characters.length > 20 ? `${characters.slice(0, 19).join('')}…` : text
  return `"${shown.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r')}"`
}
