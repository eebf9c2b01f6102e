// The results as a picture: a bar per row, ours relative to the best peer's; rows with a target first.
import { judge } from '../judge.mjs'
import { bad, box, good, ink, line, mark, svg, text } from './svg.mjs'
import { splitByTarget, toolTitle } from './table.mjs'

const width = 1124
/** Ids end here, titles begin behind. */
const names = 144
const left = 574
const right = 894
const rowHeight = 22
const top = 60

/** Where a ratio lies; the scale ends a little above the peer's own figure. */
const most = 1.2
const at = (ratio) => left + ((right - left) * Math.min(ratio, most)) / most

const share = (ratio) => (ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2))

/** What is behind a bar: whose part it is, and of what where that is no time. */
const wordsOf = ({ ratio, best, unit }) =>
  `${share(ratio)} of ${toolTitle(best)}${unit === 'ms' ? '' : ' (memory)'}`

const barsOf = (rows) =>
  Object.entries(rows).map(([id, row]) => {
    const judged = judge(row)
    return { id, title: row.title.replaceAll('`', ''), unit: row.unit, wanted: row.target?.ratio, ...judged }
  })

const bar = (row, y) => {
  const { id, title, ratio, met, wanted } = row
  const label = [
    text(names - 8, y + 14, id, 'text-anchor="end" font-weight="bold"'),
    text(names, y + 14, title),
  ]
  if (ratio === undefined) return [...label, text(left + 4, y + 14, 'no peer does this')].join('\n')
  const color = met === undefined ? ink : met ? good : bad
  return [
    ...label,
    box(left, y + 3, at(ratio) - left, 14, color),
    ...(wanted ? [line(at(wanted), y, at(wanted), y + 20, `stroke="${mark}" stroke-width="2.5"`)] : []),
    text(right + 10, y + 14, wordsOf(row)),
  ].join('\n')
}

const legend = [
  text(20, 20, 'Relative to the best peer in the same run', 'font-size="14" font-weight="bold"'),
  box(20, 29, 10, 10, good),
  text(35, 38, 'target met'),
  box(110, 29, 10, 10, bad),
  text(125, 38, 'missed'),
  box(180, 29, 10, 10, ink),
  text(195, 38, 'without a target'),
  line(304, 27, 304, 41, `stroke="${mark}" stroke-width="2.5"`),
  text(311, 38, 'target'),
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

/** Bars one below the other from `y` on. */
const group = (rows, y) => barsOf(rows).map((row, i) => bar(row, y + i * rowHeight))

/** An SVG document. */
export const picture = (results) => {
  const { wanted, others } = splitByTarget(results)
  const count = (rows) => Object.keys(rows).length
  const second = top + count(wanted) * rowHeight + (count(others) > 0 && count(wanted) > 0 ? 14 : 0)
  const bottom = second + count(others) * rowHeight + 4
  return svg(width, bottom + 12, 'tsbuild relative to the best peer, per work', [
    ...legend,
    ...grid(bottom),
    ...group(wanted, top),
    ...group(others, second),
  ])
}
