// A dockerd of our own: data, state, socket and bridge. The one that others use is left alone.
import { spawn } from 'node:child_process'
import { existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cleaning, isInterrupted, must } from './command.mjs'

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Another number for each daemon of this run: bridges, addresses and directories are named after it. */
let daemons = 0

const makeBridge = async ({ inside }, name, number) => {
  const address = `10.${230 + (number % 20)}.${process.pid % 250}.1/24`
  await must(inside(['ip', 'link', 'add', name, 'type', 'bridge']))
  await must(inside(['ip', 'address', 'add', address, 'dev', name]))
  await must(inside(['ip', 'link', 'set', name, 'up']))
}

/** The daemon dies with us even when nothing can be cleaned up any more. */
const tied = (argv) => (existsSync('/usr/bin/setpriv') ? ['setpriv', '--pdeathsig', 'TERM', ...argv] : argv)

const spawnDaemon = (argv, log) => {
  const [file, ...args] = argv
  const output = openSync(log, 'a')
  return spawn(file, args, { stdio: ['ignore', output, output], detached: true })
}

/**
 * Starts dockerd with its data in `directory`.
 * @param containerd  images in containerd's store instead of the classic one
 * @returns {{host: string, pids: () => number[], stop: () => Promise<void>}}
 */
export const startDaemon = async (lab, directory, containerd) => {
  const { peers } = lab
  const number = daemons++
  const bridge = `tsb${process.pid}-${number}`
  const state = `/run/tsbuild-bench-${process.pid}-${number}`
  const host = `unix://${state}/docker.sock`
  await must(peers.inside(['mkdir', '-p', state]))
  await makeBridge(peers, bridge, number)
  const store = containerd
    ? ['--feature', 'containerd-snapshotter=true']
    : ['--feature', 'containerd-snapshotter=false', '--storage-driver', 'overlay2']
  const network = ['--bridge', bridge, '--iptables=false', '--ip6tables=false']
  const places = ['--data-root', join(directory, 'data'), '--exec-root', `${state}/exec`]
  const log = join(lab.directory, `dockerd-${number}.log`)
  const program = ['dockerd', ...places, '--pidfile', `${state}/pid`, '-H', host, ...store, ...network]
  const child = spawnDaemon(tied(peers.inside(tied(program))), log)
  const ended = new Promise((resolve) => child.on('exit', resolve))
  const stop = () =>
    cleaning(async () => {
      const [daemon] = childrenOf(child.pid)
      if (daemon) process.kill(daemon, 'SIGTERM')
      const killer = setTimeout(() => daemon && process.kill(daemon, 'SIGKILL'), 20_000)
      await ended
      clearTimeout(killer)
      await must(peers.inside(['ip', 'link', 'delete', bridge]))
      await must(peers.inside(['rm', '-rf', state]))
    })
  try {
    await untilReady(peers, host, child, log)
  } catch (error) {
    await stop()
    throw error
  }
  return { host, pids: () => childrenOf(child.pid), stop }
}

const untilReady = async ({ inside }, host, child, log) => {
  for (let turn = 0; turn < 200; turn++) {
    if (child.exitCode !== null || isInterrupted()) break
    try {
      return await must(inside(['docker', '-H', host, 'version']))
    } catch {
      await sleep(100)
    }
  }
  throw new Error(`dockerd did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`)
}

/** nsenter forks to get into the pid namespace: its child is the daemon. */
const childrenOf = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
  } catch {
    return []
  }
}
