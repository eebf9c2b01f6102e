import { parseReference } from '../../src/foundation/oci/index.ts'
import type { Pulled, Pushable, Pushed, PushOptions, TransferEvent } from '../../src/store/transfer/index.ts'
import { type PullOptions, pullImage, pushImage, type TransferStore } from '../../src/store/transfer/index.ts'
import { testRegistry } from './registry/registry-rig.ts'

/** Pulls by name over plain http, and tells what happened. */
export const pullFrom = async (
  store: TransferStore,
  name: string,
  options: PullOptions = {},
): Promise<Pulled & { readonly events: readonly TransferEvent[] }> => {
  const events: TransferEvent[] = []
  using registry = testRegistry()
  const pulled = await pullImage(
    { store, registry, events: (event) => events.push(event) },
    parseReference(name),
    options,
  )
  return { ...pulled, events }
}

/** The same for a push. */
export const pushTo = async (
  store: TransferStore,
  name: string,
  target: Pushable,
  options: PushOptions = {},
): Promise<Pushed & { readonly events: readonly TransferEvent[] }> => {
  const events: TransferEvent[] = []
  using registry = testRegistry()
  const pushed = await pushImage(
    { store, registry, events: (event) => events.push(event) },
    parseReference(name),
    target,
    options,
  )
  return { ...pushed, events }
}
