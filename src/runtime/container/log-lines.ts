/** One line of a container's log file. */
export interface LogLine {
  readonly text: string
  readonly stream: 'stdout' | 'stderr'
  /** RFC 3339 with nanoseconds, UTC. */
  readonly time: string
}

/** Parses a line of the json-file format; undefined for one that a crash tore. */
export const parseLogLine = (line: string): LogLine | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) return undefined
    if (!('log' in value) || typeof value.log !== 'string') return undefined
    if (!('time' in value) || typeof value.time !== 'string') return undefined
    const stream = 'stream' in value && value.stream === 'stderr' ? 'stderr' : 'stdout'
    return { text: value.log, stream, time: value.time }
  } catch {
    return undefined
  }
}
