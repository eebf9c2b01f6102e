import { interfaceWords } from './network.ts'
import { createOpWriter } from './op-writer.ts'
import { operationsOf } from './read-request.ts'
import type { NetworkInterface } from './types.ts'

/** The operations that describe interfaces. */
const ours: ReadonlySet<string> = new Set(['network', 'resolver', 'interface'])

/** The same request with other interfaces: what a container that runs has now, for when it is started again as it is. */
export const replaceInterfaces = (
  request: Uint8Array,
  interfaces: readonly NetworkInterface[],
  resolver: boolean,
): Uint8Array => {
  const ops = createOpWriter()
  for (const [name = '', ...args] of operationsOf(Buffer.from(request))) {
    const text = Buffer.from(name).toString('utf8')
    if (!ours.has(text)) ops.add(text, ...args)
  }
  ops.add('network', 'bridge')
  if (resolver) ops.add('resolver')
  for (const one of interfaces) ops.add('interface', ...interfaceWords(one))
  return ops.finish()
}
