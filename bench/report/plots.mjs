// Curves as small plots side by side: time above, memory below, both axes logarithmic.
import { describeCurve } from './curves.mjs'
import { good, ink, line, mark, svg, text } from './svg.mjs'
import { amount } from './table.mjs'

const columns = 3
const cell = { width: 320, height: 316 }
const plot = { left: 14, width: 280, height: 92 }

const scale = (values, from, to) => {
  const [least, most] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))]
  const span = most - least || 1
  return (value) => from + ((Math.log(value) - least) / span) * (to - from)
}

/** A curve, what it would be if it were linear (dashed, through the last point), and its ends in words. */
const graph = (points, x, y, { color, unit, exponent }) => {
  const last = points.at(-1)
  const linear = points.map(([size]) => [size, (last[1] * size) / last[0]])
  const most = Math.max(...points.map(([, value]) => value))
  // At least a decade, so that what is flat looks flat.
  const floor = Math.min(most / 10, ...points.map(([, value]) => value))
  const shown = linear.filter(([, value]) => value >= floor)
  const across = scale(
    points.map(([size]) => size),
    x + plot.left,
    x + plot.left + plot.width,
  )
  const up = scale([most, floor], y + plot.height, y)
  const path = (of) =>
    of.map(([size, value]) => `${across(size).toFixed(1)},${up(value).toFixed(1)}`).join(' ')
  const dots = points.map(
    ([size, value]) =>
      `<circle cx="${across(size).toFixed(1)}" cy="${up(value).toFixed(1)}" r="3" fill="${color}"/>`,
  )
  const middle = x + plot.left + plot.width
  return [
    `<polyline points="${path(shown)}" fill="none" stroke="${ink}" stroke-dasharray="2 4"/>`,
    `<polyline points="${path(points)}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...dots,
    text(
      x + plot.left,
      y - 10,
      `${amount(points[0][1], unit)} to ${amount(last[1], unit)}`,
      `fill="${color}"`,
    ),
    text(middle, y - 10, `exponent ${exponent?.toFixed(2) ?? '-'}`, 'text-anchor="end"'),
    line(
      x + plot.left,
      y + plot.height + 8,
      middle,
      y + plot.height + 8,
      `stroke="${ink}" stroke-width="0.5"`,
    ),
  ]
}

const panel = (curve, i) => {
  const x = (i % columns) * cell.width
  const y = 40 + Math.floor(i / columns) * cell.height
  const { time, memory, timeExponent, memoryExponent } = describeCurve(curve)
  const { points, unit } = curve
  return [
    text(x + plot.left, y + 14, curve.title.replaceAll('`', ''), 'font-weight="bold"'),
    ...graph(time, x, y + 46, { color: good, unit: 'ms', exponent: timeExponent }),
    ...graph(memory, x, y + 176, { color: mark, unit: 'MiB', exponent: memoryExponent }),
    text(x + plot.left, y + 292, String(points[0].x)),
    text(x + plot.left + plot.width, y + 292, `${points.at(-1).x} ${unit}`, 'text-anchor="end"'),
  ].join('\n')
}

/** An SVG document. */
export const plots = ({ curves }) => {
  const all = Object.values(curves)
  const height = 40 + Math.ceil(all.length / columns) * cell.height
  return svg(columns * cell.width, height, 'Time and peak memory of tsbuild against sizes', [
    text(
      14,
      22,
      'Time (green) and peak memory (violet) against size; dashed: linear',
      'font-size="14" font-weight="bold"',
    ),
    ...all.map(panel),
  ])
}
