import { type EntryChange, manifestCases, openStore, tagImage } from '../../engine/index.ts'
import { exitCode } from '../../foundation/errors/index.ts'
import { parsePlatform } from '../../foundation/oci/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { printableJson } from '../render/printable.ts'
import { groupOf } from '../verb-group.ts'
import { collect, parseVerb, usage } from './parse-verb.ts'

const help = `Usage: tsbuild manifest COMMAND

Puts images for several platforms under one name.

Commands:
  create     make a list, of images or empty
  add        add an image to a list
  annotate   change what a list says of one of its images, or of itself
  remove     take an image out of a list
  inspect    show the document of a list or an image
  exists     end with 0 when there is a list of that name
  push       push a list and its images
  rm         forget lists; their images stay
`

interface CreateOptions {
  readonly amend?: boolean
  readonly annotation?: readonly string[]
}

const create: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<CreateOptions>('manifest create', argv, cli, (command) =>
    command
      .description('Make a list of images')
      .argument('<list>', 'the name, NAME[:TAG]')
      .argument('[image...]', 'images in the store')
      .option('-a, --amend', 'take a list that is there')
      .option('--annotation <key=value>', 'of the list (repeatable)', collect)
      .option('--all', 'accepted: every image of an index is added')
      .option('--insecure', 'accepted: nothing is fetched'),
  )
  if (!parsed) return 0
  const { amend = false, annotation } = parsed.options
  const [list = '', ...images] = parsed.args
  return change(cli, async (store) =>
    (await manifestCases()).createList(store, list, images, { amend, annotations: pairsOf(annotation) }),
  )
}

interface EntryOptions {
  readonly os?: string
  readonly arch?: string
  readonly variant?: string
  readonly platform?: string
  readonly annotation?: readonly string[]
  readonly index?: boolean
}

const defineEntry = (command: Parameters<Parameters<typeof parseVerb>[3]>[0]) =>
  command
    .option('--os <os>', 'operating system of the image')
    .option('--arch <architecture>', 'architecture of the image')
    .option('--variant <variant>', 'variant of the architecture')
    .option('--platform <os/arch>', 'the three in one')
    .option('--annotation <key=value>', 'of the entry (repeatable)', collect)

const add: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<EntryOptions>('manifest add', argv, cli, (command) =>
    defineEntry(command)
      .description('Add an image to a list')
      .argument('<list>', 'name of the list')
      .argument('<image...>', 'images in the store')
      .option('--all', 'accepted: every image of an index is added'),
  )
  if (!parsed) return 0
  const [list = '', ...images] = parsed.args
  return change(cli, async (store) => {
    const { addToList } = await manifestCases()
    return addToList(store, list, images, entryOf(parsed.options))
  })
}

const annotate: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<EntryOptions>('manifest annotate', argv, cli, (command) =>
    defineEntry(command)
      .description('Change what a list says of one of its images')
      .argument('<list>', 'name of the list')
      .argument('[image]', 'name, id or digest of an image of the list')
      .option('--index', 'annotate the list itself'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const [list = '', image] = args
  if ((image === undefined) !== (options.index === true))
    throw usage('manifest annotate', 'expected the image of the list that is meant, or --index')
  return change(cli, async (store) =>
    (await manifestCases()).annotateList(store, list, image, entryOf(options)),
  )
}

const remove: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('manifest remove', argv, cli, (command) =>
    command
      .description('Take an image out of a list')
      .argument('<list>', 'name of the list')
      .argument('<image>', 'name, id or digest of an image of the list'),
  )
  if (!parsed) return 0
  const [list = '', image = ''] = parsed.args
  return change(cli, async (store) => (await manifestCases()).removeFromList(store, list, image))
}

const inspect: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly raw?: boolean }>('manifest inspect', argv, cli, (command) =>
    command
      .description('Show the document of a list or an image')
      .argument('<name>', 'name, id or digest')
      .option('--raw', 'the very bytes'),
  )
  if (!parsed) return 0
  const text = (await manifestCases()).listDocument(openStore({ root: cli.root }), parsed.args[0] ?? '')
  cli.stdout.write(parsed.options.raw ? text : `${printableJson(JSON.parse(text), 3)}\n`)
  return 0
}

const exists: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('manifest exists', argv, cli, (command) =>
    command.description('End with 0 when there is a list of that name').argument('<list>', 'name'),
  )
  if (!parsed) return 0
  const { hasList } = await manifestCases()
  return hasList(openStore({ root: cli.root }), parsed.args[0] ?? '') ? 0 : 1
}

const rm: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('manifest rm', argv, cli, (command) =>
    command.description('Forget lists; their images stay').argument('<list...>', 'names'),
  )
  if (!parsed) return 0
  const { removeList } = await manifestCases()
  const store = openStore({ root: cli.root })
  for (const name of parsed.args) removeList(store, name)
  return 0
}

/** `push LIST [DESTINATION]`: podman's `docker://` before it may be there. Options are those of `tsbuild push`. */
const push: RunVerb = async (argv, cli) => {
  const { options, words } = splitPushWords(argv)
  const [list = '', destination] = words
  if (list === '' || words.length > 2) throw usage('manifest push', 'expected LIST [DESTINATION]')
  const target = destination?.replace(/^docker:\/\//, '')
  if (target !== undefined) tagImage(openStore({ root: cli.root }).images, list, target)
  return (await import('./push.ts')).run([...options, target ?? list], cli)
}

/** Options of push that have a value as a word of its own. */
const valued: ReadonlySet<string> = new Set(['--compression', '--compression-level', '--platform'])
/** podman's, which mean nothing here: everything is pushed, and the list stays. */
const ignored: ReadonlySet<string> = new Set(['--all', '--purge', '-p'])

const splitPushWords = (
  argv: readonly string[],
): { readonly options: readonly string[]; readonly words: readonly string[] } => {
  const options: string[] = []
  const words: string[] = []
  for (const [at, word] of argv.entries()) {
    if (ignored.has(word)) continue
    const isOption = word.startsWith('-') || valued.has(argv[at - 1] ?? '')
    if (isOption) options.push(word)
    else words.push(word)
  }
  return { options, words }
}

const here = (verb: RunVerb) => (): Promise<RunVerb> => Promise.resolve(verb)

/** `tsbuild manifest create|add|annotate|remove|inspect|exists|push|rm` */
export const run: RunVerb = groupOf({
  name: 'manifest',
  verbs: {
    add: here(add),
    annotate: here(annotate),
    create: here(create),
    exists: here(exists),
    inspect: here(inspect),
    push: here(push),
    remove: here(remove),
    rm: here(rm),
  },
  help,
  known: '`tsbuild manifest --help` lists the commands',
  unknown: exitCode.usage,
})

/** Does it under a lease, and prints what it gives. */
const change = async (
  cli: CliContext,
  act: (store: ReturnType<typeof openStore>) => Promise<string>,
): Promise<number> => {
  const store = openStore({ root: cli.root })
  using _lease = await store.lease()
  cli.stdout.write(`${await act(store)}\n`)
  return 0
}

const entryOf = ({ os, arch, variant, platform, annotation }: EntryOptions): EntryChange => ({
  ...(platform !== undefined && parsePlatform(platform)),
  ...(os !== undefined && { os }),
  ...(arch !== undefined && { architecture: arch }),
  ...(variant !== undefined && { variant }),
  ...(annotation && { annotations: pairsOf(annotation) }),
})

const pairsOf = (words: readonly string[] = []): Readonly<Record<string, string>> =>
  Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=')
      if (equals < 1) throw usage('manifest', `--annotation ${JSON.stringify(word)}: expected KEY=VALUE`)
      return [word.slice(0, equals), word.slice(equals + 1)]
    }),
  )
