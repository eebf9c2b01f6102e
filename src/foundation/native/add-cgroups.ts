import type { HostPath } from '../oci/index.ts'
import { createOpWriter } from './op-writer.ts'
import { operationsOf } from './read-request.ts'

/** The same request with more cgroups to join. */
export const addCgroups = (request: Uint8Array, directories: readonly HostPath[]): Uint8Array => {
  const ops = createOpWriter()
  for (const [name = '', ...args] of operationsOf(Buffer.from(request)))
    ops.add(Buffer.from(name).toString('utf8'), ...args)
  for (const directory of directories) ops.add('cgroup', directory)
  return ops.finish()
}
