// Writes table and picture into the pages that show them, between marks, so that pages and results cannot differ.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { picture } from './picture.mjs'
import { markdownTable, summaryLines } from './table.mjs'

const pictureFile = 'docs/performance.svg'

const alt = 'Time of tsbuild relative to the best peer, per work'

/** {FILE: new text}, relative to the project. */
const pagesFor = (project, results) => {
  const page = (name, blocks) => {
    const before = readFileSync(join(project, name), 'utf8')
    return Object.entries(blocks).reduce(
      (text, [mark, block]) => replaceBlock(text, mark, block, name),
      before,
    )
  }
  const lines = summaryLines(results).join('\n')
  return {
    [pictureFile]: picture(results),
    'docs/performance.md': page('docs/performance.md', {
      comparison: `${lines}\n\n![${alt}](performance.svg)\n\n${markdownTable(results)}`,
    }),
    'README.md': page('README.md', { comparison: `![${alt}](${pictureFile})` }),
  }
}

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
