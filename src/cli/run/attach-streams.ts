import type { AttachStream } from '../../engine/index.ts'
import { exitCode } from '../../foundation/errors/index.ts'
import { usage } from './parse-verb.ts'

const streams: readonly AttachStream[] = ['stdin', 'stdout', 'stderr']

interface StreamFlags {
  readonly attach?: readonly string[]
  readonly detach?: boolean
  readonly interactive?: boolean
}

/**
 * What our own streams are connected with: what -a names, by default both outputs, and standard input with -i; nothing with -d. Throws `usage`.
 */
export const attachedStreams = ({ attach, detach, interactive }: StreamFlags): readonly AttachStream[] => {
  const asked = attach?.map(streamOf)
  if (detach && asked) {
    throw usage(
      'run',
      '-a with -d: what runs in the background is not attached',
      'leave one of them out',
      exitCode.failed,
    )
  }
  if (detach) return []
  const wanted = new Set<AttachStream>([
    ...(asked ?? ['stdout', 'stderr']),
    ...(interactive ? ['stdin' as const] : []),
  ])
  return streams.filter((stream) => wanted.has(stream))
}

const streamOf = (word: string): AttachStream => {
  const stream = streams.find((one) => one === word.toLowerCase())
  if (stream === undefined) throw usage('run', `-a ${word}: expected stdin, stdout or stderr`)
  return stream
}
