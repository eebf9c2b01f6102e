import { VolumeError } from './errors.ts'

/** What each option of the driver `local` needs beside it, as under docker. */
const needs: Readonly<Record<string, readonly string[]>> = {
  type: ['device'],
  device: ['type'],
  o: ['device', 'type'],
}

/** The options of `volume create -o` and `volume-opt=`. Throws `bad-volume-option`. */
export const checkDriverOptions = (
  options: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  for (const key of Object.keys(options)) {
    if (key === 'size')
      throw new VolumeError('bad-volume-option', 'volume option size: quotas are not supported', {
        hint: 'use type=tmpfs,device=tmpfs,o=size=BYTES for a bounded volume in memory',
      })
    const wanted = Object.hasOwn(needs, key) ? needs[key] : undefined
    if (wanted === undefined)
      throw new VolumeError(
        'bad-volume-option',
        `volume option ${JSON.stringify(key)}: expected type, device or o`,
      )
    const missing = wanted.find((other) => !Object.hasOwn(options, other))
    if (missing !== undefined)
      throw new VolumeError('bad-volume-option', `volume option ${key}: ${missing} must be given with it`)
  }
  return options
}
