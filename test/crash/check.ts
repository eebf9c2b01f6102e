import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { directories, sumOfLargeFiles } from './large-context.ts'
import { must, start, type World } from './world.ts'

interface Report {
  readonly damaged: number
  readonly leftovers: number
  readonly steps: readonly {
    readonly findings: readonly {
      readonly severity: string
      readonly what: string
      readonly problem: string
    }[]
  }[]
}

/**
 * What is wrong with the store now that nobody works on it: damage, names that lead to other images than they should, and what is still
 * left over after one prune.
 */
export const checkStore = async (world: World): Promise<readonly string[]> => [
  ...(await checkUnpruned(world)),
  ...(await wrongContents(world)),
  ...(await leaks(world)),
]

/** Damage, and names that lead to other images than they should. */
export const checkUnpruned = async (world: World): Promise<readonly string[]> => [
  ...(await findings(world, 'damage')),
  ...(await wrongNames(world)),
]

const findings = async (world: World, severity?: string): Promise<readonly string[]> => {
  const { stdout, stderr } = await start(world, 'tsbuild', ['fsck', '--json'])
  if (stdout === '') return [`fsck says nothing but: ${stderr}`]
  const report = JSON.parse(stdout) as Report
  return report.steps
    .flatMap((step) => step.findings)
    .filter((finding) => severity === undefined || finding.severity === severity)
    .map((finding) => `${finding.severity}: ${finding.what} ${finding.problem}`)
}

/** Images of the contexts are the same wherever they come from; those of others are checked by fsck alone. */
const wrongNames = async (world: World): Promise<readonly string[]> => {
  const format = '{{.Repository}} {{.Tag}} {{.ID}}'
  const listed = await must(world, 'tsbuild', 'images', '--no-trunc', '--format', format)
  return listed.split('\n').flatMap((line) => {
    const [repository = '', tag = '', id] = line.split(' ')
    const number = /^(?:.*\/)?(?:app|twin|sent)$/.test(repository)
      ? tag
      : /^tag-of-(\d)$/.exec(repository)?.[1]
    const wanted =
      number === undefined
        ? /^(?:.*\/)?turn$/.test(repository)
          ? world.turnIds[Number(tag)]
          : undefined
        : world.ids[Number(number)]
    return wanted === undefined || wanted === id ? [] : [`${repository}:${tag} is ${id}, expected ${wanted}`]
  })
}

/** Images that steps have made, and large ones, say what they are of: it has to be the number in their names. */
const wrongContents = async (world: World): Promise<readonly string[]> => {
  const listed = await must(world, 'tsbuild', 'images', '--format', '{{.Repository}}:{{.Tag}}')
  const wrong: string[] = []
  for (const name of listed.split('\n').filter(Boolean)) {
    const [repository = '', number = ''] = name.split(':')
    const said = sayings[repository]
    if (said === undefined) continue
    const run = ['run', '--rm', '--network=none', name, 'sh', '-c', said.script]
    const { stdout, stderr } = await start(world, 'tsrun', run)
    if (stdout !== said.expected(number)) wrong.push(`${name} says ${JSON.stringify(stdout)} ${stderr}`)
  }
  return wrong
}

interface Saying {
  readonly script: string
  readonly expected: (number: string) => string
}

const largeFiles = 'cat /large/d*/file-* | sha256sum'

const sayings: Readonly<Record<string, Saying>> = {
  run: { script: 'cat /id /made /d/f', expected: (number) => `${number}\n`.repeat(3) },
  turn: {
    script: `cat /large/d1/turn; ${largeFiles}`,
    expected: (number) => `${number}\n${sumOfLargeFiles(directories)}  -\n`,
  },
  'turn-run': {
    script: `cat /made; ${largeFiles}`,
    expected: (number) => `${number}\n${sumOfLargeFiles(directories - 1)}  -\n`,
  },
}

const leaks = async (world: World): Promise<readonly string[]> => {
  await must(world, 'tsbuild', 'prune', '-f')
  const again = await must(world, 'tsbuild', 'prune', '-f')
  const reclaimed = /Total reclaimed space: (.*)/.exec(again)?.[1]
  return [
    ...(await findings(world)),
    ...(reclaimed === '0B' ? [] : [`a second prune reclaims ${reclaimed}`]),
    ...['active', 'content/ingest', 'leases', 'trash'].flatMap((directory) =>
      namesIn(world, directory).map((name) => `${directory}/${name} is left`),
    ),
  ]
}

/** Removes everything, as a user would: then nothing may take space any more. */
export const checkEmpty = async (world: World): Promise<readonly string[]> => {
  const containers = (await must(world, 'tsrun', 'ps', '-aq', '--no-trunc')).split('\n').filter(Boolean)
  if (containers.length > 0) await must(world, 'tsrun', 'rm', '-f', ...containers)
  const volumes = (await must(world, 'tsrun', 'volume', 'ls', '-q')).split('\n').filter(Boolean)
  if (volumes.length > 0) await must(world, 'tsrun', 'volume', 'rm', ...volumes)
  await must(world, 'tsbuild', 'prune', '-a', '-f')
  const left = [
    'content/blobs/sha256',
    'content/ingest',
    'content/partial',
    'active',
    'owned',
    'volumes',
    'containers',
    'leases',
    'trash',
    'merged',
    'records/layers',
    'records/diffids',
    'records/images',
    'records/names',
    'records/steps',
    'records/container-names',
  ].flatMap((directory) => namesIn(world, directory).map((name) => `${directory}/${name} is left at the end`))
  const layers = namesIn(world, 'layers').filter((name) => name !== 'empty')
  // What is remembered of the workers' contexts stays: a new worker is no leak.
  const kilobytes = Number(
    execFileSync('du', ['-sk', '--exclude=context', world.root]).toString().split('\t')[0],
  )
  return [
    ...left,
    ...layers.map((name) => `layers/${name} is left at the end`),
    ...(kilobytes > 2048 ? [`the empty store takes ${kilobytes} kB`] : []),
  ]
}

const namesIn = ({ root }: World, directory: string): readonly string[] => {
  try {
    return readdirSync(join(root, directory)).filter((name) => name !== '.locks')
  } catch {
    return []
  }
}
