// The place of one run: a directory, the peers where there are any, and everything undone at the end.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeBases } from './base.mjs'
import { cleanups } from './cleanups.mjs'
import { interrupt } from './command.mjs'
import { findPeers } from './peers.mjs'
import { buildah, podman } from './tools/containers.mjs'
import { docker, dockerContainerd } from './tools/docker.mjs'
import { crun, tsrunc } from './tools/runtimes.mjs'
import { skopeo } from './tools/skopeo.mjs'
import { tsbuild } from './tools/tsbuild.mjs'

const allTools = [tsbuild, docker, dockerContainerd, buildah, podman, skopeo, crun, tsrunc]

const note = (text) => console.error(`bench: ${text}`)

const connectPeers = async (directory, wanted) => {
  const found = wanted ? await findPeers(directory) : { absent: 'not asked for' }
  if (!found.absent) return found
  note(`no peers: ${found.absent}; our programs are measured alone`)
  return undefined
}

const chosenTools = (names, peers) => {
  const unknown = names?.filter((name) => !allTools.some((tool) => tool.name === name)) ?? []
  if (unknown.length > 0)
    throw new Error(
      `no such tool: ${unknown.join(', ')}; there are ${allTools.map(({ name }) => name).join(', ')}`,
    )
  return allTools.filter(({ name, where }) => (!names || names.includes(name)) && (where === 'host' || peers))
}

/**
 * Calls `action` with
 *   directory  of this run, seen by the peers too
 *   tools      those that take part, ours first
 *   peers      the way to them; undefined without any
 *   bases      {busybox, debian}: archive and name
 *   sizes      of the works (options.mjs)
 *   roundsOf   how often a work is to be measured
 *   disks      'loop ext4' or 'directories', known after the first
 *   counter, note
 *   atEnd      what is to be undone when everything is over; a work gets `defer` for what ends with it
 */
export const withLab = async (options, works, action) => {
  const undo = cleanups(note)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt)
  try {
    const directory = mkdtempSync(join(tmpdir(), 'tsbuild-bench-'))
    undo.defer(() => rmSync(directory, { recursive: true, force: true }))
    const peers = await connectPeers(directory, !options['no-peers'])
    if (peers) undo.defer(peers.close)
    let count = 0
    return await action({
      directory,
      peers,
      tools: chosenTools(options.tools, peers),
      bases: await makeBases(
        directory,
        works.flatMap(({ bases = [], archives = [] }) => [...bases, ...archives]),
      ),
      sizes: options.sizes,
      roundsOf: ({ rounds = 5 }) => options.rounds ?? rounds,
      counter: () => ++count,
      note,
      atEnd: undo.defer,
    })
  } finally {
    await undo.run()
  }
}
