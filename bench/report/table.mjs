// The results as a table: plain text and Markdown, from the same cells.
import { judge } from '../judge.mjs'

/** Column order; a tool that is in no row has no column. */
const order = ['tsbuild', 'docker', 'docker-containerd', 'buildah', 'podman', 'skopeo', 'crun', 'tsrunc']

const titles = { 'docker-containerd': 'docker, containerd store' }

/** A tool's name as people read it. */
export const toolTitle = (name) => titles[name] ?? name

/** Rows that have a target, and those that are measured without one, each as results have them. */
export const splitByTarget = ({ rows }) => {
  const pick = (isWanted) =>
    Object.fromEntries(Object.entries(rows).filter(([, { target }]) => isWanted === (target !== undefined)))
  return { wanted: pick(true), others: pick(false) }
}

const digits = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0))

/** Milliseconds as people read them: 4.2 ms, 318 ms, 2.31 s, 48.3 s. Without `unit`, without that. */
export const amount = (value, unit) => {
  if (unit !== 'ms') return `${digits(value)} ${unit}`
  if (value < 1000) return `${digits(value)} ms`
  return `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`
}

const figureCell = (figure, unit) => {
  if (!figure) return '-'
  if (figure.failed) return 'failed'
  const { median, least, most, idle } = figure
  const spread = least === most ? '' : ` (${bare(least, median, unit)}-${bare(most, median, unit)})`
  return `${amount(median, unit)}${spread}${idle ? `, idle ${amount(idle, unit)}` : ''}`
}

/** In the unit that the median is shown in. */
const bare = (value, median, unit) =>
  unit === 'ms' && median >= 1000 ? (value / 1000).toFixed(median < 10_000 ? 2 : 1) : digits(value)

const verdict = (met) => (met === undefined ? '-' : met ? 'yes' : 'no')

const ratioText = (ratio) => (ratio === undefined ? '-' : ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2))

/** {header, body} of text cells. */
export const tableCells = ({ rows }) => {
  const all = Object.entries(rows)
  const tools = order.filter((name) => all.some(([, row]) => row.tools[name]))
  const names = tools.map(toolTitle)
  const header = ['', 'work', names[0] ?? 'tsbuild', 'best peer', 'ratio', 'target', 'met', ...names.slice(1)]
  const body = all.map(([id, row]) => {
    const { figures, best, ratio, target, met } = judge(row)
    const [own, ...others] = tools.map((name) => figureCell(figures[name], row.unit))
    const judged = [best ? toolTitle(best) : '-', ratioText(ratio), target ?? '-', verdict(met)]
    return [id, row.title, own ?? '-', ...judged, ...others]
  })
  return { header, body }
}

/** "3 of 5 targets met", the rows that miss theirs, and the conditions of the measurement. */
export const summaryLines = ({ rows }) => {
  const all = Object.entries(rows)
  if (all.length === 0) return ['nothing measured yet']
  const judged = all.map(([id, row]) => [id, judge(row).met]).filter(([, met]) => met !== undefined)
  const missed = judged.filter(([, met]) => !met).map(([id]) => id)
  const range = (pick) => {
    const values = all.map(([, row]) => pick(row)).toSorted((a, b) => a - b)
    return values[0] === values.at(-1) ? `${values[0]}` : `${values[0]}-${values.at(-1)}`
  }
  const [, { machine, disks, versions = {}, quick }] = all[0]
  const tools = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `${judged.length - missed.length} of ${judged.length} targets met${missed.length > 0 ? `; missed: ${missed.join(', ')}` : ''}.`,
    `Median (least-most) of ${range(({ rounds }) => rounds)} rounds; load ${range(({ loads }) => Math.max(...loads))}; an empty Node ${range(({ emptyNodeMs }) => emptyNodeMs)} ms; stores: ${disks}.`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}${tools.length > 0 ? `; ${tools.join(', ')}` : ''}.`,
    ...(quick ? ['Measured with --quick: small sizes, these are no results.'] : []),
  ]
}

const failureLines = ({ rows }) =>
  Object.entries(rows).flatMap(([id, row]) =>
    Object.entries(row.tools).flatMap(([name, { failed }]) =>
      failed ? [`${id}, ${name} failed: ${failed}`] : [],
    ),
  )

export const plainTable = (results) => {
  const { header, body } = tableCells(results)
  const cells = [header, ...body].map((row) => row.map((text) => text.replaceAll('`', '')))
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  const lines = cells.map((row) =>
    row
      .map((text, i) => text.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, '', ...summaryLines(results), ...failureLines(results)].join('\n')
}

/** Columns that say nothing in any row are left out. */
const withoutEmpty = ({ header, body }) => {
  const kept = header.map((_, i) => i < 2 || body.some((row) => row[i] !== '-'))
  const pick = (row) => row.filter((_, i) => kept[i])
  return { header: pick(header), body: body.map(pick) }
}

const markdownTable = (results) => {
  const { header, body } = withoutEmpty(tableCells(results))
  const line = (cells) => `| ${cells.join(' | ')} |`
  const met = header.indexOf('met')
  const bold = (row) => row.map((text, i) => (i === met && text === 'no' ? '**no**' : text))
  return [line(header), line(header.map(() => '---')), ...body.map((row) => line(bold(row)))].join('\n')
}

/** The rows with a target, then those that are measured besides. */
export const markdownTables = (results) => {
  const { wanted, others } = splitByTarget(results)
  const titled = [
    ['', wanted],
    ['Measured besides, without a target:\n\n', others],
  ]
  return titled
    .filter(([, rows]) => Object.keys(rows).length > 0)
    .map(([title, rows]) => `${title}${markdownTable({ rows })}`)
    .join('\n\n')
}
