import { readSync, writeSync } from 'node:fs'
import { parseHelperEvent } from '../../foundation/native/index.ts'
import { monitorKilled } from './errors.ts'
import { type Launched, type MonitorOptions, monitorArguments, startFailure } from './launch-monitor.ts'

/** A packet of the front is no longer: an event is a line of at most 64 KiB. */
const packetSize = 1 << 17

/**
 * Has the front that runs this process (native/front.c, at the other end of descriptor `front`) start the monitor of a container in
 * the foreground. Once it runs, the container is the front's: it takes the signals and ends with the container's exit code, whatever
 * ours is, so `ended` resolves at once. Waits as `launchMonitor` does, and throws what that rejects with.
 */
export const launchByFront = (options: MonitorOptions, front: number): Launched => {
  writeSync(front, words(options))
  const warnings: string[] = []
  const packet = Buffer.alloc(packetSize)
  for (;;) {
    const line = packet.toString('utf8', 0, readSync(front, packet))
    if (line === '' || line === 'gone') throw monitorKilled()
    const event = parseHelperEvent(line)
    if (event.event === 'warning') warnings.push(event.message)
    else if (event.event === 'error') throw startFailure(event)
    else if (event.event === 'started') {
      return {
        warnings,
        ended: Promise.resolve(0),
        // The front has had every signal that we had.
        signal: () => undefined,
        leave: () => undefined,
      }
    }
  }
}

const words = (options: MonitorOptions): string => `m${monitorArguments(options).join('\0')}`

/** Bytes. A socket takes no longer packet by default: a monitor with thousands of published ports is started by this process. */
const mostWords = 1 << 17

/** Can the front do with this container what this process would? It passes on all signals, and both outputs are its own. */
export const frontTakes = (options: MonitorOptions): boolean => {
  const { detached, outputs = [], preserved = 0 } = options
  return (
    !detached &&
    // Nobody hands them to the front.
    preserved === 0 &&
    outputs.includes('stdout') &&
    outputs.includes('stderr') &&
    Buffer.byteLength(words(options)) <= mostWords
  )
}
