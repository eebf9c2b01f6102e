import { openStore, type PulledName, transferCases } from '../../engine/index.ts'
import { formatReference, type Platform, parsePlatform, parseReference } from '../../foundation/oci/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { interruptible } from '../interrupt.ts'
import { createTransferLines, type TransferLines } from '../progress/transfer-lines.ts'
import { parseHotVerb, usage } from './parse-verb.ts'

interface Options {
  readonly allTags?: boolean
  readonly allPlatforms?: boolean
  readonly platform?: string
  readonly quiet?: boolean
}

/** `tsbuild pull [OPTIONS] NAME[:TAG|@DIGEST]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('pull', argv, cli, (command) =>
    command
      .description('Bring an image from a registry into the store')
      .argument('<name>', 'NAME[:TAG|@DIGEST]')
      .option('-a, --all-tags', 'every tag of the repository')
      .option('--platform <os/arch>', 'which image to take where there are several')
      .option('--all-platforms', 'all of them')
      .option('-q, --quiet', 'print only the name')
      .option('--disable-content-trust', 'accepted: signatures are not looked at'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const name = args[0] ?? ''
  if (options.allTags && isTagged(name))
    throw usage('pull', '--all-tags and a tag or digest cannot be used together')
  if (options.platform !== undefined && options.allPlatforms)
    throw usage('pull', '--platform and --all-platforms cannot be used together')
  // What is no name is told before anything else.
  parseReference(name)
  if (!options.quiet && !options.allTags && !isTagged(name)) cli.stdout.write('Using default tag: latest\n')
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform)
  const done = await pullShown(cli, {
    name,
    quiet: options.quiet === true,
    allTags: options.allTags === true,
    allPlatforms: options.allPlatforms === true,
    ...(platform ? { platform } : {}),
  })
  for (const { name: one } of options.allTags && !options.quiet ? [] : done)
    cli.stdout.write(`${formatReference(one)}\n`)
  if (options.allTags && !options.quiet)
    cli.stdout.write(`${formatReference(parseReference(name)).replace(/:latest$/, '')}\n`)
  return 0
}

export interface ShownPull {
  readonly name: string
  readonly quiet: boolean
  readonly allTags?: boolean
  readonly allPlatforms?: boolean
  readonly platform?: Platform
}

/** Pulls and shows it on standard output, or on standard error for those who have other things to say there. */
export const pullShown = async (
  cli: CliContext,
  { quiet, ...wish }: ShownPull,
  out = cli.stdout,
): Promise<readonly PulledName[]> => {
  using interrupt = interruptible()
  const lines = createTransferLines('pull', out, cli.now)
  const { pull } = await transferCases()
  let current = parseReference(wish.name)
  try {
    return await pull(openStore({ root: cli.root }), wish, {
      env: cli.env,
      signal: interrupt.signal,
      started: (name) => {
        current = name
      },
      events: (event) => {
        if (quiet) return
        if (event.kind === 'resolved')
          lines.line(`${current.tag ?? current.digest ?? ''}: Pulling from ${current.repository}`)
        lines.event(event)
      },
      ended: (done) => (quiet ? undefined : sayEnd(lines, done)),
    })
  } finally {
    lines.close()
  }
}

const sayEnd = (lines: TransferLines, { name, pulled }: PulledName): void => {
  lines.line(`Digest: ${pulled.descriptor.digest}`)
  const what = pulled.upToDate ? 'Image is up to date' : 'Downloaded newer image'
  lines.line(`Status: ${what} for ${familiarText(name)}`)
}

const familiarText = (name: PulledName['name']): string =>
  formatReference(name).replace(/^docker\.io\/(?:library\/)?/, '')

/** Does the text itself say which tag or digest? */
const isTagged = (text: string): boolean =>
  text.includes('@') || text.lastIndexOf(':') > text.lastIndexOf('/')
