/** Plain text: one line per work and tool, with the ratio to ours. */
export const formatReport = ({ results, rounds, load, peers }, tools) => {
  const names = tools.map(({ name }) => name)
  const rows = [['work', 'goal', ...names.flatMap((name, i) => (i === 0 ? [name] : [name, 'ratio']))]]
  for (const { name, goal, tools: figures } of results) {
    const own = figures[names[0]]
    const cells = names.flatMap((tool, i) => {
      const figure = figures[tool]
      if (i === 0) return [cell(figure)]
      return [
        cell(figure),
        figure?.median && own?.median ? `${(figure.median / own.median).toFixed(1)}x` : '-',
      ]
    })
    rows.push([name, goal ? `${goal} ms` : '-', ...cells])
  }
  const failures = results.flatMap(({ name, tools: figures }) =>
    Object.entries(figures).flatMap(([tool, { failed }]) => (failed ? [`${name}, ${tool}: ${failed}`] : [])),
  )
  return [
    `median (least-most) of ${rounds} rounds, wall time in ms; ratio = theirs / ours; load ${load.toFixed(1)}; peers ${peers}`,
    ...align(rows),
    ...failures.map((text) => `FAILED ${text}`),
  ].join('\n')
}

const cell = (figure) => {
  if (!figure) return '-'
  if (figure.failed) return 'FAILED'
  const digits = figure.median < 10 ? 1 : 0
  return `${figure.median.toFixed(digits)} (${figure.least.toFixed(digits)}-${figure.most.toFixed(digits)})`
}

const align = (rows) => {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join('  '),
  )
}
