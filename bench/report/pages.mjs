// Writes table and picture into the pages that show them, between marks, so that pages and results cannot differ.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { markdownScaling, scalingLines } from './curves.mjs'
import { picture } from './picture.mjs'
import { plots } from './plots.mjs'
import { markdownTables, summaryLines } from './table.mjs'

const page = (project, name, mark, block) => ({
  [name]: replaceBlock(readFileSync(join(project, name), 'utf8'), mark, block, name),
})

const comparisonPages = (project, results) => {
  const image = (file) => `![tsbuild relative to the best peer, per work](${file})`
  const lines = summaryLines(results).join('\n')
  const block = `${lines}\n\n${image('performance.svg')}\n\n${markdownTables(results)}`
  return {
    'docs/performance.svg': picture(results),
    ...page(project, 'docs/performance.md', 'comparison', block),
    ...page(project, 'README.md', 'comparison', image('docs/performance.svg')),
  }
}

const scalingPages = (project, results) => {
  const lines = scalingLines(results).join('\n')
  const block = `${lines}\n\n![Time and memory against sizes](scaling.svg)\n\n${markdownScaling(results)}`
  return { 'docs/scaling.svg': plots(results), ...page(project, 'docs/performance.md', 'scaling', block) }
}

/** {FILE: new text}, relative to the project. */
const pagesFor = (project, results) =>
  results.curves ? scalingPages(project, results) : comparisonPages(project, results)

const replaceBlock = (text, mark, block, name) => {
  const [start, end] = [`<!-- bench: ${mark} -->`, '<!-- bench: end -->']
  const from = text.indexOf(start)
  const to = text.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`${name} has no lines "${start}" and "${end}"`)
  return `${text.slice(0, from)}${start}\n${block}\n${text.slice(to)}`
}

/** Writes the pages; with `check`, throws instead when one is not what the results say. */
export const writePages = (project, results, check) => {
  for (const [name, text] of Object.entries(pagesFor(project, results))) {
    const file = join(project, name)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
    if (check)
      throw new Error(`${name} does not show these results: npm run bench -- --report FILE writes it`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
