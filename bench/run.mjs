// Measures our programs beside docker (BuildKit) and buildah/podman on the same work, in the same run, taking turns.
// Every tool keeps its own store; nothing is deleted before the end (on some file systems creating after deleting is
// slow, and that is not what is measured here).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeBase } from './base.mjs'
import { measure } from './measure.mjs'
import { findPeers } from './peers.mjs'
import { formatReport } from './report.mjs'
import { ours, tsrunc } from './tools.mjs'
import { cachedRebuild } from './work/cached-rebuild.mjs'
import { coldSteps } from './work/cold-steps.mjs'
import { copyCold } from './work/copy-cold.mjs'
import { copyUnchanged } from './work/copy-unchanged.mjs'
import { runTrue } from './work/run-true.mjs'
import { runTwenty } from './work/run-twenty.mjs'
import { startUp } from './work/start-up.mjs'
import { stopRegistry, transfer } from './work/transfer.mjs'

const usage = `usage: node bench/run.mjs [options]
  --rounds N     measurements of each work per tool (default 5)
  --files N      files of the COPY work (default 50000)
  --only NAMES   comma separated: start-up, run-true, run-twenty, cached-rebuild, cold-steps, copy-cold, copy-unchanged,
                 push-200mb, push-again, pull-and-run-200mb, save-200mb, load-200mb
  --json FILE    write all numbers there
  --no-peers     measure our programs alone
TSBUILD_PEERS names the peers' script; without it ../shared/lab/peers is tried.`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    files: { type: 'string', default: '50000' },
    only: { type: 'string' },
    json: { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}

const lab = {
  directory: mkdtempSync(join(tmpdir(), 'tsbuild-bench-')),
  rounds: Number(values.rounds),
  files: Number(values.files),
  base: 'bench-base:1',
}
const note = (text) => console.error(`bench: ${text}`)
const works = [
  ...startUp,
  runTrue,
  runTwenty,
  cachedRebuild,
  coldSteps,
  copyCold,
  copyUnchanged,
  ...transfer,
].filter(({ name }) => !values.only || values.only.split(',').some((wanted) => name.startsWith(wanted)))

const peers = values['no-peers'] ? { tools: [], absent: 'not asked for' } : findPeers(lab.directory)
if (peers.absent) note(`no peers: ${peers.absent}; our programs are measured alone`)
const tools = [ours(lab.directory), ...peers.tools, tsrunc(lab.directory)]
lab.archive = makeBase(lab.directory)
try {
  for (const tool of tools) tool.importBase(lab.archive, lab.base)
  const results = works.map((work) => {
    note(work.name)
    return measure(work, tools, lab)
  })
  const report = {
    date: new Date().toISOString(),
    node: process.version,
    load: loadavg()[0],
    rounds: lab.rounds,
    files: lab.files,
    peers: peers.absent ?? 'up',
    results,
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  console.log(formatReport(report, tools))
} finally {
  stopRegistry()
  for (const tool of tools) tool.forget?.()
  rmSync(lab.directory, { recursive: true, force: true })
}
