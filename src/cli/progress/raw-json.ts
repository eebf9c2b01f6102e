import type { ProgressEvent } from '../../foundation/events/index.ts'
import type { CliOutput } from '../context.ts'
import type { ProgressView } from './view.ts'

/** One JSON object per line, the library's own events; log chunks are base64. For programs. */
export const createRawJsonView = (out: CliOutput): ProgressView => ({
  events: (event) => out.write(`${JSON.stringify(forJson(event))}\n`),
  close: () => {},
})

const forJson = (event: ProgressEvent): unknown =>
  event.kind === 'vertex-log' ? { ...event, chunk: Buffer.from(event.chunk).toString('base64') } : event
