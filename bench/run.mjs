// Measures our programs beside docker, buildah, podman and bare runtimes on the same work, taking turns (docs/performance.md).
import { writeFileSync } from 'node:fs'
import { isInterrupted } from './command.mjs'
import { compare } from './compare.mjs'
import { readOptions } from './options.mjs'
import { requireReady } from './ready.mjs'
import { plainScaling } from './report/curves.mjs'
import { writePages } from './report/pages.mjs'
import { picture } from './report/picture.mjs'
import { plots } from './report/plots.mjs'
import { plainTable } from './report/table.mjs'
import { readResults } from './results.mjs'
import { measureScaling } from './scaling.mjs'

const project = new URL('..', import.meta.url).pathname

const report = ({ report: file, text, check }) => {
  const results = readResults(file)
  if (!text) writePages(project, results, check)
  else console.log(results.curves ? plainScaling(results) : plainTable(results))
}

/** What --quick measures is not for keeping, unless it is asked for. */
const fileFor = ({ json, quick }, name) =>
  json ?? (quick ? undefined : `${project}bench/results/${name}.json`)

const scale = async (options) => {
  const file = fileFor(options, 'latest-scaling')
  const before = file ? readResults(file, { curves: {} }) : { curves: {} }
  const results = await measureScaling(options, file, before)
  console.log(plainScaling(results))
  keepPicture(file, plots(results))
}

const measure = async (options) => {
  const file = fileFor(options, 'latest')
  const results = await compare(options, file)
  if (results) keepPicture(file, picture(results))
}

const keepPicture = (file, text) => {
  if (!file) return
  writeFileSync(file.replace(/(\.json)?$/, '.svg'), text)
  console.error(`bench: results in ${file}, picture beside it`)
}

const main = () => {
  const options = readOptions()
  if (options.report) return report(options)
  requireReady()
  return options.scaling ? scale(options) : measure(options)
}

try {
  await main()
} catch (error) {
  console.error(`bench: ${isInterrupted() ? 'interrupted' : error.message}`)
  process.exitCode = isInterrupted() ? 130 : 1
}
