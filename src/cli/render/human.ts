const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Bytes in powers of 1024, as docker shows memory: `0B`, `1.945MiB`, `11.67GiB`. */
export const binarySize = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 1023.5 && unit < binaryUnits.length - 1) {
    value /= 1024
    unit++
  }
  return `${Number(value.toPrecision(4))}${binaryUnits[unit] ?? 'B'}`
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Bytes with three significant digits and decimal units, as docker: `0B`, `77.8MB`, `1.2GB`. */
export const humanSize = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${Number(value.toPrecision(3))}${units[unit] ?? 'B'}`
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** A span of time in milliseconds as docker says it: `Less than a second`, `5 minutes`, `2 weeks`. */
export const humanDuration = (milliseconds: number): string => {
  const ms = Math.max(0, milliseconds)
  if (ms < second) return 'Less than a second'
  if (ms < 2 * second) return '1 second'
  if (ms < minute) return `${Math.floor(ms / second)} seconds`
  if (ms < 2 * minute) return 'About a minute'
  if (ms < hour) return `${Math.floor(ms / minute)} minutes`
  const hours = Math.round(ms / hour)
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`
  return `${Math.floor(ms / day / 365)} years`
}

/** `2 hours ago`; `N/A` for an image without a time. */
export const humanSince = (created: string | undefined, now: number): string => {
  const at = created === undefined ? Number.NaN : Date.parse(created)
  return Number.isNaN(at) ? 'N/A' : `${humanDuration(now - at)} ago`
}

/** `2026-11-22 00:14:05 +0000 UTC`, as docker's CreatedAt. */
export const plainTime = (created: string | undefined): string => {
  const at = created === undefined ? Number.NaN : Date.parse(created)
  return Number.isNaN(at) ? 'N/A' : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`
}

/** First 12 digits of an id. */
export const shortId = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12)
