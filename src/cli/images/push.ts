import { openStore, type PushedName, transferCases } from '../../engine/index.ts'
import { formatReference, parsePlatform } from '../../foundation/oci/index.ts'
import type { RunVerb } from '../context.ts'
import type { DefineFlags } from '../flag-table.ts'
import { interruptible } from '../interrupt.ts'
import { createTransferLines } from '../progress/transfer-lines.ts'
import { parseHotVerb, usage } from './parse-verb.ts'

interface Options {
  readonly allTags?: boolean
  readonly compression?: string
  readonly compressionLevel?: string
  readonly forceCompression?: boolean
  readonly platform?: string
  readonly quiet?: boolean
}

/** Words and options of the verb. */
export const definePush: DefineFlags = (command) =>
  command
    .description('Send an image to its registry')
    .argument('<name>', 'NAME[:TAG]')
    .option('-a, --all-tags', 'every tag that the store has of the repository')
    .option('--platform <os/arch>', 'only this image of several')
    .option('--compression <kind>', 'of layers that are not compressed yet: gzip, zstd or none')
    .option('--compression-level <n>', 'gzip 0 to 9, zstd 1 to 22')
    .option('--force-compression', 'compress layers again that came with another compression')
    .option('-q, --quiet', 'print only the name')
    .option('--disable-content-trust', 'accepted: nothing is signed')

/** `tsbuild push [OPTIONS] NAME[:TAG]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('push', argv, cli, definePush)
  if (!parsed) return 0
  const { options, args } = parsed
  const name = args[0] ?? ''
  const isTagged = name.lastIndexOf(':') > name.lastIndexOf('/')
  if (options.allTags && isTagged) throw usage('push', '--all-tags and a tag cannot be used together')
  const { parseCompression, push } = await transferCases()
  const { compression, compressionLevel, forceCompression = false, platform } = options
  const isChosen = compression !== undefined || compressionLevel !== undefined || forceCompression
  using interrupt = interruptible()
  const lines = createTransferLines('push', cli.stdout, cli.now)
  const wish = {
    name,
    allTags: options.allTags === true,
    force: forceCompression,
    ...(isChosen ? { compression: parseCompression(compression, compressionLevel) } : {}),
    ...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
  }
  if (!options.quiet && !options.allTags && !isTagged) lines.line('Using default tag: latest')
  let announced = false
  try {
    const done = await push(openStore({ root: cli.root }), wish, {
      env: cli.env,
      signal: interrupt.signal,
      events: options.quiet ? () => {} : lines.event,
      started: ({ registry, repository }) => {
        if (!announced && !options.quiet)
          lines.line(`The push refers to repository [${registry}/${repository}]`)
        announced = true
      },
      ended: (one) => (options.quiet ? undefined : lines.line(endOf(one))),
    })
    if (options.quiet) for (const one of done) cli.stdout.write(`${formatReference(one.name)}\n`)
  } finally {
    lines.close()
  }
  return 0
}

const endOf = ({ name, pushed: { descriptor } }: PushedName): string =>
  `${name.tag ?? 'latest'}: digest: ${descriptor.digest} size: ${descriptor.size}`
