import type { ContainerStore } from './container-store.ts'
import { refreshEventFile } from './event-file.ts'
import { recordEvent } from './events.ts'
import { lockContainer } from './lock-container.ts'
import type { Container } from './types.ts'

/** Gives a container another name. Throws `bad-container-name`, `name-in-use`, `container-busy`, `no-such-container`. */
export const renameContainer = (containers: ContainerStore, container: Container, name: string): void => {
  using _ = lockContainer(container)
  // What another command has just written counts.
  const current = containers.find(container.record.id)
  containers.rename(current, name)
  const record = { ...current.record, name }
  // What the monitor tells from now on has the new name.
  refreshEventFile({ root: containers.root, dir: current.dir, record })
  recordEvent(containers.journal, record, 'rename', { oldName: `/${current.record.name}` })
}
