import type { LayerId, SecondForm } from '../../store/snapshot/index.ts'
import type { CacheUnit } from './cache-units.ts'
import { treePart } from './measure.ts'

/**
 * Forms of layers that could go. A tree takes longest to make again for its size: it is offered only where the tar is gone already, or
 * is `stuck` (by its name), since it cannot be made again.
 */
export const formUnits = (forms: readonly SecondForm[], stuck: ReadonlySet<string>): readonly CacheUnit[] => {
  const byLayer = new Map<LayerId, SecondForm[]>()
  for (const form of forms) {
    if (stuck.has(nameOf(form))) continue
    byLayer.set(form.layer, [...(byLayer.get(form.layer) ?? []), form])
  }
  return [...byLayer.values()].flatMap((own) => {
    const hasTar = own.some(({ kind }) => kind === 'tar')
    return own.filter(({ kind }) => kind !== 'tree' || !hasTar).map(unitOf)
  })
}

/** `tree of layer ID`, `tar of layer ID`, `patch of layer ID`, `compressed layer DIGEST` */
export const nameOf = ({ kind, layer, digest }: SecondForm): string =>
  kind === 'compressed' ? `compressed layer ${digest}` : `${kind} of layer ${layer}`

const unitOf = (form: SecondForm): CacheUnit => ({
  kind: 'form',
  name: nameOf(form),
  keys: [],
  parts: new Map([
    [form.digest ?? (form.kind === 'patch' ? nameOf(form) : treePart(form.layer)), form.bytes],
  ]),
  form,
  bytes: form.bytes,
  milliseconds: form.milliseconds,
  lastUsed: form.lastUsed,
})
