// Curves in words: how time and memory grow with the size.
import { exponent, summary } from '../statistics.mjs'
import { amount } from './table.mjs'

const median = (values) => summary(values).median

/** The larger half of the points: where small sizes' fixed cost no longer hides the growth. */
const upper = (points) => points.slice(-Math.max(3, Math.ceil(points.length / 2)))

/**
 * What a curve says.
 * @returns {{time: [x, y][], memory: [x, y][], timeExponent, memoryExponent}}  medians in ms and MiB; the exponent p of
 *   y = c * x^p over the larger half
 */
export const describeCurve = ({ points }) => {
  const time = points.map(({ x, ms }) => [x, median(ms)])
  const memory = points.map(({ x, mib }) => [x, median(mib)])
  return {
    time,
    memory,
    timeExponent: exponent(upper(time)),
    memoryExponent: exponent(upper(memory)),
  }
}

const cells = ([, curve]) => {
  const { time, memory, timeExponent, memoryExponent } = describeCurve(curve)
  const ends = (points, text) => `${text(points[0][1])} to ${text(points.at(-1)[1])}`
  const sizes = `${curve.points[0].x} to ${curve.points.at(-1).x} ${curve.unit}`
  return [
    curve.title,
    sizes,
    ends(time, (ms) => amount(ms, 'ms')),
    timeExponent?.toFixed(2) ?? '-',
    ends(memory, (mib) => amount(mib, 'MiB')),
    memoryExponent?.toFixed(2) ?? '-',
  ]
}

const header = ['work', 'n', 'time', 'exponent', 'peak memory', 'exponent']

const range = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[0] === sorted.at(-1) ? `${sorted[0]}` : `${sorted[0]}-${sorted.at(-1)}`
}

export const scalingLines = ({ curves }) => {
  const all = Object.values(curves)
  if (all.length === 0) return ['nothing measured yet']
  return [
    `Medians of ${range(all.map(({ rounds }) => rounds))} rounds; load ${range(all.map(({ load }) => load))}; an empty Node ${range(all.map(({ emptyNodeMs }) => emptyNodeMs))} ms; stores: ${all[0].disks}.`,
    'An exponent of 1 is linear, 0 is flat; it is fitted over the larger half of the sizes.',
  ]
}

export const markdownScaling = ({ curves }) => {
  const line = (row) => `| ${row.join(' | ')} |`
  return [header, header.map(() => '---'), ...Object.entries(curves).map(cells)].map(line).join('\n')
}

export const plainScaling = (results) => {
  const rows = [header, ...Object.entries(results.curves).map(cells)].map((row) =>
    row.map((text) => text.replaceAll('`', '')),
  )
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map((row) =>
    row
      .map((text, i) => text.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, '', ...scalingLines(results)].join('\n')
}
