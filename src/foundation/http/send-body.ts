import type { ClientRequest } from 'node:http'
import type { HttpRequest } from './types.ts'

/** Sends what belongs to a request. Failures of the connection are told by the request's own event; only the writer's are thrown. */
export const sendBody = async (
  request: ClientRequest,
  body: HttpRequest['body'],
  isAnswered: () => boolean,
): Promise<void> => {
  if (typeof body !== 'function') {
    request.end(body)
    return
  }
  await body(
    (chunk) =>
      new Promise((resolve) => {
        if (isAnswered() || request.destroyed) return resolve(false)
        const stop = (): void => resolve(false)
        request.once('response', stop)
        request.once('close', stop)
        request.write(chunk, (error) => {
          request.off('response', stop)
          request.off('close', stop)
          resolve(!error && !isAnswered())
        })
      }),
  )
  if (!isAnswered() && !request.destroyed) request.end()
}
