import {
  type CacheRow,
  collectCases,
  type ImageSpace,
  imageUsersIn,
  type Store,
  volumeCases,
} from '../../engine/index.ts'
import type { CliContext } from '../context.ts'
import { humanDuration, humanSince, humanSize, shortId } from '../render/human.ts'
import { type Column, type Row, renderList } from '../render/list.ts'
import { printableJson, printableLine } from '../render/printable.ts'

/** `tsbuild df -v`: tables as docker has them, with who keeps what; with `json` one object. Templates see that object's lists. */
export const showDetails = async (
  store: Store,
  cli: CliContext,
  format: string | undefined,
): Promise<void> => {
  const { storeDetails } = await collectCases()
  const details = await storeDetails(store, imageUsersIn(store.root))
  const { listVolumes, sizeOfVolume } = await volumeCases()
  const volumes = (await listVolumes(store.root)).map(({ volume, users }) => ({
    Name: volume.name,
    Links: String(users.length),
    Size: humanSize(sizeOfVolume(store.root, volume)),
  }))
  const images = details.images.map((image) => imageRow(image, cli.now()))
  const cache = details.cache.map((row) => cacheRow(row, cli.now()))
  if (format === 'json') {
    cli.stdout.write(`${printableJson({ Images: images, Volumes: volumes, BuildCache: cache })}\n`)
    return
  }
  const table = (title: string, rows: readonly Row[], columns: readonly Column[]): string =>
    `${title}:\n\n${renderList(rows, columns, format)}\n`
  cli.stdout.write(table('Images space usage', images, imageColumns))
  cli.stdout.write(table('Local Volumes space usage', volumes, volumeColumns))
  cli.stdout.write(table('Build cache usage', cache, cacheColumns))
}

const columnsOf = (...fields: readonly (readonly [header: string, field: string])[]): readonly Column[] =>
  fields.map(([header, field]) => ({ header, field }))

const imageColumns = columnsOf(
  ['NAMES', 'Names'],
  ['IMAGE ID', 'ID'],
  ['CREATED', 'CreatedSince'],
  ['SIZE', 'Size'],
  ['SHARED SIZE', 'SharedSize'],
  ['UNIQUE SIZE', 'UniqueSize'],
  ['CONTAINERS', 'Containers'],
)
const volumeColumns = columnsOf(['VOLUME NAME', 'Name'], ['LINKS', 'Links'], ['SIZE', 'Size'])
const cacheColumns = columnsOf(
  ['CACHE ID', 'ID'],
  ['TYPE', 'CacheType'],
  ['SIZE', 'Size'],
  ['LAST USED', 'LastUsedSince'],
  ['COST', 'Cost'],
  ['KEPT BY', 'KeptBy'],
  ['DESCRIPTION', 'Description'],
)

type Texts = Readonly<Record<string, string>>

const imageRow = (space: ImageSpace, now: number): Texts => ({
  Names: space.names.join(', ') || '<none>',
  ID: shortId(space.image.id),
  CreatedSince: humanSince(space.image.created, now),
  Size: humanSize(space.size),
  SharedSize: humanSize(space.shared),
  UniqueSize: humanSize(space.unique),
  Containers: space.containers.join(', ') || '0',
})

const cacheRow = (row: CacheRow, now: number): Texts => ({
  ID: printableLine(row.id).slice(0, 12),
  CacheType: row.kind,
  Size: humanSize(row.size),
  LastUsedSince: `${humanDuration(now - row.lastUsed)} ago`,
  Cost: row.cost > 0 ? `${(row.cost / 1000).toFixed(1)}s` : '',
  KeptBy: row.keptBy.join(', '),
  Description: printableLine(row.description),
})
