import type { Vertex } from '../../build/graph/index.ts'
import { type CacheKey, cacheKeyOf, type KeyComponent } from '../../build/solver/index.ts'
import { canonicalJson, type DiffId, digestOf } from '../../foundation/oci/index.ts'
import type { LayerId } from '../../store/snapshot/index.ts'

/** Keeps keys of one store and those for all stores apart, and versions of the latter. */
const version: KeyComponent = { name: 'portable', value: '1' }

/** The component that names layers by the ids that one store has given them. */
const localName = 'parent'

/**
 * A step's key for every store: layers are named by their DiffIds, so two steps have the same key only where they start from the same
 * bytes. `diffIdOf` is asked for each layer of the root.
 */
export const portableKey = async (
  components: readonly KeyComponent[],
  diffIdOf: (id: LayerId) => Promise<DiffId>,
): Promise<CacheKey> => {
  const portable: KeyComponent[] = [version]
  for (const { name, value } of components) {
    if (name !== localName) portable.push({ name, value })
    else portable.push({ name, value: (await Promise.all(layersIn(value).map(diffIdOf))).join(' ') })
  }
  return cacheKeyOf(portable)
}

/** The same components with other layers in the place of those that they name. Undefined when `other` knows one of them not. */
export const renameLayers = (
  components: readonly KeyComponent[],
  other: (id: LayerId) => LayerId | undefined,
): readonly KeyComponent[] | undefined => {
  const renamed: KeyComponent[] = []
  for (const { name, value } of components) {
    const ids = name === localName ? layersIn(value).map(other) : undefined
    if (ids?.some((id) => id === undefined)) return undefined
    renamed.push({ name, value: ids ? ids.join(' ') : value })
  }
  return renamed
}

const isLayerId = (text: string): text is LayerId => /^[0-9a-f]{32}$/.test(text)

const layersIn = (value: string): readonly LayerId[] => value.split(' ').filter(isLayerId)

/**
 * What a step is by its definition and the bytes of all its inputs: known without looking into them. Undefined for steps that
 * read something else, as a directory of the caller or an address.
 */
export const definitionOf = async (
  { op }: Pick<Vertex, 'op'>,
  inputs: readonly (readonly LayerId[])[],
  diffIdOf: (id: LayerId) => Promise<DiffId>,
): Promise<readonly KeyComponent[] | undefined> => {
  if (op.kind !== 'exec' && op.kind !== 'file') return undefined
  if (op.kind === 'file' && op.actions.some(readsContext)) return undefined
  // Proxies are no part of any key, and may hold passwords.
  const said = op.kind === 'exec' ? { ...op, proxyEnv: [] } : op
  const components: KeyComponent[] = [
    { name: 'op', value: 'definition' },
    { name: 'definition', value: digestOf(canonicalJson(said)) },
  ]
  for (const [position, stack] of inputs.entries()) {
    const diffIds = await Promise.all(stack.map(diffIdOf))
    components.push({ name: `input ${position}`, value: diffIds.join(' ') })
  }
  return components
}

type FileAction = Extract<Vertex['op'], { readonly kind: 'file' }>['actions'][number]

const readsContext = (action: FileAction): boolean => action.kind === 'copy' && action.from.kind === 'context'

/** Positions of the inputs whose content the key is made of; the others it only names. */
export const readForKey = ({ op }: Pick<Vertex, 'op'>): ReadonlySet<number | undefined> => {
  if (op.kind === 'exec') {
    return new Set(
      (op.mounts ?? []).flatMap((mount) => {
        if (mount.kind === 'bind') return [mount.input]
        return mount.kind === 'cache' && mount.from ? [mount.from.input] : []
      }),
    )
  }
  if (op.kind !== 'file') return new Set()
  const copied = op.actions.flatMap((action) =>
    action.kind === 'copy' && action.from.kind === 'input' ? [action.from.input] : [],
  )
  // Of a linked layer names of owners are part of the key, as the root understands them.
  const isAsked = op.link === true && op.actions.some(({ chown }) => chown !== undefined)
  return new Set([...copied, ...(isAsked ? [op.root] : [])])
}
