import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { isPredefined, type NetworkRecord, openNetworkStore } from '../network/index.ts'
import { wishesOf } from './container-networks.ts'
import { eventText } from './events.ts'
import { isReadonlyMount } from './mount-types.ts'
import { stateFile } from './state-files.ts'
import type { ContainerRecord } from './types.ts'

interface EventFile {
  /** Of the store. */
  readonly root: HostPath
  /** Of the container. */
  readonly dir: HostPath
  readonly record: ContainerRecord
}

/**
 * Writes what the monitor tells (native/monitor_journal.c): the first line is what the events of the container share, further ones
 * are whole events but for their time, behind a `+` those of every start, behind a `-` those of every end, in their order.
 */
export const writeEventFile = (file: EventFile): void =>
  atomicWrite(join(file.dir, stateFile.event), eventFileText(file))

/** What `writeEventFile` writes. */
export const eventFileText = ({ root, record }: EventFile): string => {
  const networks = networksOf(root, record)
  const volumes = record.options.mounts.filter((mount) => mount.type === 'volume')
  return [
    eventText(record),
    ...volumes.map(
      (mount) =>
        `+${membersOf('volume', 'mount', mount.name, {
          container: record.id,
          destination: mount.destination,
          driver: 'local',
          propagation: '',
          'read/write': String(!isReadonlyMount(mount)),
        })}`,
    ),
    ...networks.map((network) => `+${membersOf(...networkEvent('connect', network, record))}`),
    ...networks.map((network) => `-${membersOf(...networkEvent('disconnect', network, record))}`),
    ...volumes.map(
      ({ name }) => `-${membersOf('volume', 'unmount', name, { container: record.id, driver: 'local' })}`,
    ),
  ].join('\n')
}

/** The same for one that was started before: its name or its networks have changed. */
export const refreshEventFile = (file: EventFile): void => {
  if (statSync(join(file.dir, stateFile.event), { throwIfNoEntry: false })?.isFile()) writeEventFile(file)
}

type Told = readonly [type: string, action: string, id: string, attributes: Readonly<Record<string, string>>]

/** That a container is put on a network, or taken off. */
export const networkEvent = (
  action: 'connect' | 'disconnect',
  { id, name, driver }: NetworkRecord,
  container: Pick<ContainerRecord, 'id'>,
): Told => ['network', action, id, { container: container.id, name, type: driver }]

/** JSON members of an event without braces, and without its time. */
export const membersOf = (...[Type, Action, ID, Attributes]: Told): string =>
  JSON.stringify({ Type, Action, Actor: { ID, Attributes }, scope: 'local' }).slice(1, -1)

/** Also those that are no bridge. One that is gone by now is left out. */
const networksOf = (root: HostPath, { options }: ContainerRecord): readonly NetworkRecord[] => {
  const networks = openNetworkStore(root)
  const modes = options.network !== 'bridge' && isPredefined(options.network) ? [options.network] : []
  const names = [...modes, ...wishesOf(options).map(({ network }) => network)]
  return [...new Set(names)].flatMap((name) => networks.get(name) ?? [])
}
