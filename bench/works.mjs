// Every work that is measured, in the order of the table.
import { copyBeforeStep } from './work/copy-before-step.mjs'
import { copyBigFile } from './work/copy-big-file.mjs'
import { copyFiles } from './work/copy-files.mjs'
import { copyThenRun } from './work/copy-then-run.mjs'
import { debianFiles } from './work/debian-files.mjs'
import { echoSteps } from './work/echo-steps.mjs'
import { imageTransfers } from './work/image-transfer.mjs'
import { manyImages } from './work/many-images.mjs'
import { manySteps } from './work/many-steps.mjs'
import { memory } from './work/memory.mjs'
import { pullDebianFiles, pushDebianFiles, unpackFiles } from './work/registry-files.mjs'
import { runTrue, runWithNetwork } from './work/run-true.mjs'
import { saveFiles, saveOciFiles } from './work/save-files.mjs'
import { independentStages } from './work/stages.mjs'

const all = [
  echoSteps,
  copyFiles,
  copyThenRun,
  copyBeforeStep,
  copyBigFile,
  debianFiles,
  independentStages,
  manySteps,
  saveOciFiles,
  saveFiles,
  pushDebianFiles,
  pullDebianFiles,
  runTrue,
  memory,
  runWithNetwork,
  unpackFiles,
  ...imageTransfers,
  manyImages,
]

/** Every row: {id, title, unit?, target?}, in the order of the table. */
export const rows = all.flatMap((work) => work.rows)

/** The works that measure one of these rows; all when none are named. A work measures all of its rows. */
export const worksFor = (ids) => {
  if (!ids) return all
  const unknown = ids.filter((id) => !rows.some((row) => row.id === id))
  if (unknown.length > 0)
    throw new Error(`no such row: ${unknown.join(', ')}; there are ${rows.map(({ id }) => id).join(', ')}`)
  return all.filter((work) => work.rows.some(({ id }) => ids.includes(id)))
}
