import { readdirSync, utimesSync } from 'node:fs'
import { basename, join } from 'node:path'
import { networkDir, readBridge } from '../../src/runtime/network/bridge.ts'
import { bridgeNameOf } from '../../src/runtime/network/network-bridge.ts'
import { openNetworkStore } from '../../src/runtime/network/network-store.ts'
import type { Lab } from './lab.ts'
import { changesBetween, lookAt, type Machine, type Ours } from './machine.ts'
import { readShown, strays } from './shown.ts'
import { type StormOptions, storm } from './storm.ts'
import type { Props } from './wishes.ts'

export interface Verdict {
  /** Answers that no program should give. */
  readonly surprises: readonly string[]
  /** What was there although `tsrun ps -a` did not show its container. */
  readonly strays: readonly string[]
  /** Differences of the machine before, and after `tsrun rm -f` of all. */
  readonly changes: readonly string[]
  readonly containers: number
}

/** Milliseconds that processes, interfaces and cgroups get to go. */
const patience = 60_000

/**
 * The whole proof: looks at the machine, lets a storm go over it, compares what is there with what `ps -a` shows, removes all and
 * compares the machine with what it was. The lab must have the image, and nothing must run in it.
 */
export const runStorm = async (
  lab: Lab,
  options: StormOptions & { readonly image: string },
): Promise<Verdict> => {
  const props = await prepare(lab, options.image)
  const bridges = bridgesOf(lab, props)
  const before = await lookAtRest({ lab, ids: new Set(), bridges })
  const { ids, surprises, foreground } = await storm(lab, props, options)
  const ours: Ours = { lab, ids, bridges }
  const shown = await readShown(lab)
  const left = await untilNone(async () => strays(ours, await readShown(lab)))
  const remaining = [...(await readShown(lab)).all]
  const removed = remaining.length === 0 ? undefined : await lab.tsrun(['rm', '-f', '-v', ...remaining])
  await foreground
  await sweepRun(lab, props)
  const changes = await untilNone(async () => changesBetween(before, lookAt(ours)))
  return {
    surprises: [
      ...surprises,
      ...(removed && removed.code !== 0 ? [`rm -f [${removed.code}]: ${removed.stderr}`] : []),
    ],
    strays: left,
    changes,
    containers: shown.all.size,
  }
}

/** Once the kernel has taken away what the first containers had. */
const lookAtRest = async (ours: Ours): Promise<Machine> => {
  await untilNone(async () => lookAt(ours).links.filter((link) => link.startsWith('veth')))
  return lookAt(ours)
}

/** Networks and a volume; a first container on each network makes what is made once: bridges, compiled filters. */
const prepare = async (lab: Lab, image: string): Promise<Props> => {
  const props: Props = { image, networks: ['chaos-a', 'chaos-b'], volume: 'chaos-volume' }
  for (const network of props.networks) await must(lab, 'network', 'create', network)
  await must(lab, 'volume', 'create', props.volume)
  await runOnEach(lab, props)
  await must(lab, '--rm', '--privileged', '-v', '/anonymous', image, 'true')
  return props
}

const must = async (lab: Lab, ...args: string[]): Promise<void> => {
  const { code, stderr } = await lab.tsrun(args)
  if (code !== 0) throw new Error(`tsrun ${args.join(' ')} [${code}]: ${stderr}`)
}

const runOnEach = async (lab: Lab, { networks, volume, image }: Props): Promise<void> => {
  const limits = ['--rm', '-m', '64m', '--cpus', '1', '--pids-limit', '50', '-v', `${volume}:/data`]
  for (const network of ['bridge', ...networks])
    await must(lab, ...limits, '--network', network, image, 'true')
}

/** What killed commands had claimed on networks goes with the first start a minute later, their locks of volumes with it. */
const sweepRun = async (lab: Lab, props: Props): Promise<void> => {
  const directory = join(lab.run, 'net')
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  for (const name of files)
    if (/^\.(swept$|[0-9a-f]{16})/.test(basename(name))) utimesSync(join(directory, name), 0, 0)
  const locks = join(lab.root, 'volumes/.locks')
  for (const name of readdirSync(locks)) utimesSync(join(locks, name), 0, 0)
  await runOnEach(lab, props)
}

const bridgesOf = (lab: Lab, { networks }: Props): readonly string[] => {
  const store = openNetworkStore(lab.root)
  const { name } = readBridge(networkDir(lab.run)) ?? { name: '' }
  return [name, ...networks.map((network) => bridgeNameOf(lab.run, store.find(network)))]
}

/** What is left of `look` when it has had time to become empty. */
const untilNone = async (look: () => Promise<readonly string[]>): Promise<readonly string[]> => {
  for (const end = Date.now() + patience; ; ) {
    const found = await look()
    if (found.length === 0 || Date.now() > end) return found
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
