import { canonicalJson, digestOf } from '../../foundation/oci/index.ts'
import type { Op } from './op-types.ts'
import type { Planning } from './planning.ts'
import type { Vertex, VertexId } from './types.ts'

/** Adds a vertex, or finds the one that does the same work already. */
export const addVertex = (planning: Planning, vertex: Omit<Vertex, 'id'>): VertexId => {
  const definition = canonicalJson(['v1', identityOf(vertex.op), vertex.inputs])
  planning.budget.characters -= definition.length
  const id = digestOf(definition)
  const known = planning.vertices.get(id)
  if (!known) planning.vertices.set(id, { id, ...vertex })
  else if (vertex.noCache && !known.noCache) planning.vertices.set(id, { ...known, noCache: true })
  return id
}

/** What the work is. Not how the image was called, nor by which proxy a step reaches the network. */
const identityOf = (op: Op): unknown => {
  switch (op.kind) {
    case 'source':
      return { kind: op.kind, manifest: op.manifest }
    case 'exec': {
      const { proxyEnv: _, ...rest } = op
      return rest
    }
    case 'layers':
      return { kind: op.kind, layers: op.layers }
    case 'http':
    case 'git':
    case 'file':
      return op
  }
}
