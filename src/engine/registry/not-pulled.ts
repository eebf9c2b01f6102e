import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import { familiarName, parseReference } from '../../foundation/oci/index.ts'
import type { ImageStore } from '../../store/image/index.ts'

/** An image that is neither in the store nor to be had from its registry; the nearest name in the store is told. */
export const notPulled = (images: ImageStore, text: string, cause: AppError): AppError => {
  const names = images.names().flatMap((record) => {
    const name = parseReference(record.name)
    const short = familiarName(name)
    return name.tag === 'latest' ? [short, `${short}:latest`] : [`${short}:${name.tag ?? ''}`]
  })
  // Of the same name there is one that has lost a part: a build or a load brings it back, not another spelling.
  const near = names.includes(text) ? undefined : suggest(text, names)
  const hint = near ? `did you mean ${near}, which the store has?` : cause.hint
  return new AppError(
    'image-not-found',
    `use image ${text}: it is not in the store, and cannot be pulled: ${cause.message}`,
    { exitCode: exitCode.failed, cause, details: { reference: text }, ...(hint ? { hint } : {}) },
  )
}
