// The results as a picture: a bar per row, our time relative to the best peer's. Colours that show on light and dark.
import { judge } from '../judge.mjs'

const ink = '#7d8590'
const good = '#3fa45b'
const bad = '#d0803a'
const mark = '#8b6fd6'

const width = 860
const left = 400
const right = 790
const rowHeight = 22
const top = 56

/** Where a ratio lies; the scale ends a little above the peer's own time. */
const most = 1.2
const at = (ratio) => left + ((right - left) * Math.min(ratio, most)) / most

const markup = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const text = (x, y, content, more = '') => `<text x="${x}" y="${y}" ${more}>${markup(content)}</text>`

const fixed = (value) => Number(value.toFixed(1))

const share = (ratio) => (ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2))

/** Rows that have a ratio, and what it is to be. */
const barsOf = ({ rows }) =>
  Object.entries(rows).flatMap(([id, row]) => {
    const { ratio, met, best } = judge(row)
    if (ratio === undefined || row.unit !== 'ms') return []
    return [{ id, title: row.title.replaceAll('`', ''), ratio, met, best, wanted: row.target?.ratio }]
  })

const bar = ({ id, title, ratio, met, best, wanted }, i) => {
  const y = top + i * rowHeight
  const color = met === undefined ? ink : met ? good : bad
  const label = title.length > 56 ? `${title.slice(0, 55)}…` : title
  const end = at(ratio)
  return [
    text(44, y + 14, id, 'text-anchor="end" font-weight="bold"'),
    text(54, y + 14, label),
    `<rect x="${left}" y="${y + 3}" width="${fixed(end - left)}" height="14" rx="2" fill="${color}"/>`,
    ...(wanted
      ? [
          `<line x1="${fixed(at(wanted))}" x2="${fixed(at(wanted))}" y1="${y}" y2="${y + 20}" stroke="${mark}" stroke-width="2.5"/>`,
        ]
      : []),
    text(fixed(Math.max(end, wanted ? at(wanted) : 0) + 6), y + 14, `${share(ratio)} of ${best}`),
  ].join('\n')
}

/** An SVG document. */
export const picture = (results) => {
  const bars = barsOf(results)
  const bottom = top + bars.length * rowHeight + 4
  const grid = [0.25, 0.5, 0.75, 1].map((ratio) => {
    const x = fixed(at(ratio))
    const strong = ratio === 1 ? 'stroke-width="1.5"' : 'stroke-dasharray="2 4"'
    return `<line x1="${x}" x2="${x}" y1="${top - 4}" y2="${bottom}" stroke="${ink}" ${strong}/>${text(x, top - 10, ratio === 1 ? '1 = best peer' : String(ratio), 'text-anchor="middle"')}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 12}" width="${width}" role="img" aria-label="Time of tsbuild relative to the best peer, per work">`,
    `<g font-family="system-ui, sans-serif" font-size="12" fill="${ink}">`,
    text(
      54,
      20,
      'Time relative to the best peer in the same run (shorter is faster)',
      'font-size="14" font-weight="bold"',
    ),
    `<rect x="54" y="29" width="10" height="10" fill="${good}"/>${text(69, 38, 'target met')}`,
    `<rect x="144" y="29" width="10" height="10" fill="${bad}"/>${text(159, 38, 'missed')}`,
    `<line x1="214" x2="214" y1="27" y2="41" stroke="${mark}" stroke-width="2.5"/>${text(221, 38, 'target')}`,
    ...grid,
    ...bars.map(bar),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}
