import type { ContainerStore } from './container-store.ts'
import { lockContainer } from './lock-container.ts'
import type { Container } from './types.ts'

/** Gives a container another name. Throws `bad-container-name`, `name-in-use`, `container-busy`, `no-such-container`. */
export const renameContainer = (containers: ContainerStore, container: Container, name: string): void => {
  using _ = lockContainer(container)
  // What another command has just written counts.
  containers.rename(containers.find(container.record.id), name)
}
