import type { Brand } from '../../foundation/oci/index.ts'
import { randomHex } from '../../foundation/sys/index.ts'

/** 64 lower-case hex digits, random. The first 12 are what people see. */
export type ContainerId = Brand<string, 'ContainerId'>

export const newContainerId = (): ContainerId => {
  const id = randomHex(32)
  // An id whose short form is a number would be taken for one by shells and scripts.
  return isContainerId(id) && !/^\d{12}/.test(id) ? id : newContainerId()
}

export const isContainerId = (text: string): text is ContainerId => /^[0-9a-f]{64}$/.test(text)

export const shortId = (id: ContainerId): string => id.slice(0, 12)

/** Docker's rule for names given by people; it also keeps a name from being a path. */
export const isContainerName = (text: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/.test(text)
