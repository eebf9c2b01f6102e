import { AppError } from '../../foundation/errors/index.ts'
import { formatReference, parseReference, type Reference } from '../../foundation/oci/index.ts'

/** containerd's and docker's annotation for the full name. */
const imageName = 'io.containerd.image.name'
/** image-spec annotations.md: for humans and tools that look for a tag in a layout. */
const refName = 'org.opencontainers.image.ref.name'

type Annotations = Readonly<Record<string, string>> | undefined

/** Annotations of one entry of index.json. */
export const annotateName = (name: Reference): Readonly<Record<string, string>> => ({
  [imageName]: formatReference(name),
  [refName]: name.tag ?? 'latest',
})

/** The name that an entry of index.json has. A bare tag is no name: it does not say whose tag. */
export const annotatedName = (annotations: Annotations): Reference | undefined => {
  const full = annotations?.[imageName]
  if (typeof full === 'string') return parseReference(full)
  const reference = annotations?.[refName]
  if (typeof reference !== 'string' || !/[:/]/.test(reference)) return undefined
  try {
    return parseReference(reference)
  } catch (error) {
    // The annotation may hold anything; what is no image name names nothing.
    if (error instanceof AppError) return undefined
    throw error
  }
}
