// The results as a picture: a bar per row, our time relative to the best peer's.
import { judge } from '../judge.mjs'
import { bad, box, good, ink, line, mark, svg, text } from './svg.mjs'
import { toolTitle } from './table.mjs'

const width = 980
const left = 400
const right = 790
const rowHeight = 22
const top = 56

/** Where a ratio lies; the scale ends a little above the peer's own time. */
const most = 1.2
const at = (ratio) => left + ((right - left) * Math.min(ratio, most)) / most

const share = (ratio) => (ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2))

const barsOf = ({ rows }) =>
  Object.entries(rows).flatMap(([id, row]) => {
    const { ratio, met, best } = judge(row)
    if (ratio === undefined || row.unit !== 'ms') return []
    return [{ id, title: row.title.replaceAll('`', ''), ratio, met, best, wanted: row.target?.ratio }]
  })

const bar = ({ id, title, ratio, met, best, wanted }, i) => {
  const y = top + i * rowHeight
  const color = met === undefined ? ink : met ? good : bad
  const label = title.length > 52 ? `${title.slice(0, 51)}…` : title
  const end = Math.max(at(ratio), wanted ? at(wanted) : 0) + 6
  return [
    text(58, y + 14, id, 'text-anchor="end" font-weight="bold"'),
    text(68, y + 14, label),
    box(left, y + 3, at(ratio) - left, 14, color),
    ...(wanted ? [line(at(wanted), y, at(wanted), y + 20, `stroke="${mark}" stroke-width="2.5"`)] : []),
    text(end, y + 14, `${share(ratio)} of ${toolTitle(best)}`),
  ].join('\n')
}

const legend = [
  text(68, 20, 'Time relative to the best peer in the same run', 'font-size="14" font-weight="bold"'),
  box(68, 29, 10, 10, good),
  text(83, 38, 'target met'),
  box(158, 29, 10, 10, bad),
  text(173, 38, 'missed'),
  line(228, 27, 228, 41, `stroke="${mark}" stroke-width="2.5"`),
  text(235, 38, 'target'),
]

const grid = (bottom) =>
  [0.25, 0.5, 0.75, 1].flatMap((ratio) => [
    line(
      at(ratio),
      top - 4,
      at(ratio),
      bottom,
      `stroke="${ink}" ${ratio === 1 ? '' : 'stroke-dasharray="2 4"'}`,
    ),
    text(at(ratio), top - 10, ratio === 1 ? '1 = best peer' : String(ratio), 'text-anchor="middle"'),
  ])

/** An SVG document. */
export const picture = (results) => {
  const bars = barsOf(results)
  const bottom = top + bars.length * rowHeight + 4
  return svg(width, bottom + 12, 'Time of tsbuild relative to the best peer, per work', [
    ...legend,
    ...grid(bottom),
    ...bars.map(bar),
  ])
}
