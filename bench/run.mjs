// Measures our programs beside docker, buildah, podman and bare runtimes on the same work, taking turns (docs/performance.md).
import { writeFileSync } from 'node:fs'
import { isInterrupted } from './command.mjs'
import { compare } from './compare.mjs'
import { readOptions } from './options.mjs'
import { writePages } from './report/pages.mjs'
import { picture } from './report/picture.mjs'
import { plainTable } from './report/table.mjs'
import { readResults } from './results.mjs'

const project = new URL('..', import.meta.url).pathname

const report = ({ report: file, text, check }) => {
  const results = readResults(file)
  if (text) console.log(plainTable(results))
  else writePages(project, results, check)
}

const main = async () => {
  const options = readOptions()
  if (options.report) return report(options)
  // What --quick measures is not for keeping, unless it is asked for.
  const file = options.json ?? (options.quick ? undefined : `${project}bench/results/latest.json`)
  const results = await compare(options, file)
  if (!results) return
  writeFileSync(file.replace(/(\.json)?$/, '.svg'), picture(results))
  console.error(`bench: results in ${file}, picture beside it`)
}

try {
  await main()
} catch (error) {
  console.error(`bench: ${isInterrupted() ? 'interrupted' : error.message}`)
  process.exitCode = isInterrupted() ? 130 : 1
}
