import { existsSync } from 'node:fs'
import { ContainerError, noSuchContainer } from './errors.ts'
import type { Container } from './types.ts'

/**
 * Does something with a container that another command may remove in the middle. What fails because its files are gone then throws
 * `no-such-container`, as if the other command had been a little earlier.
 */
export const unlessRemoved = async <T>(container: Container, work: () => Promise<T> | T): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw orRemoved(container, error)
  }
}

/** What to throw in place of `error`. */
const orRemoved = ({ dir, record }: Container, error: unknown): unknown =>
  error instanceof ContainerError || existsSync(dir) ? error : noSuchContainer(record.name)
