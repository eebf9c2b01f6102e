import {
  type Container,
  inspectContainer,
  inspectImage,
  networkCases,
  openContainerStore,
  openStore,
  requireImage,
  sizeCases,
  volumeCases,
} from '../../engine/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { usage } from './parse-verb.ts'

/** What `inspect` shows, in the order in which it is looked for. */
const kinds = ['container', 'image', 'network', 'volume'] as const
export type Kind = (typeof kinds)[number]

/** Of --type; undefined is any. Throws `usage`. */
export const kindOf = (text: string | undefined): Kind | undefined => {
  if (text === undefined) return undefined
  const kind = kinds.find((one) => one === text)
  if (kind !== undefined) return kind
  throw usage(
    'inspect',
    `--type ${JSON.stringify(text)}: expected ${kinds.join(', ')}`,
    undefined,
    exitCode.failed,
  )
}

export interface Found {
  readonly kind: Kind
  /** For JSON, with docker's members. */
  readonly members: object
}

/** Throws what says that it is not there, of the kind that was asked for. */
export const findObject = async (
  word: string,
  kind: Kind | undefined,
  size: boolean,
  cli: CliContext,
): Promise<Found> => {
  if (kind !== undefined) return { kind, members: await finders[kind](word, size, cli) }
  let hint: string | undefined
  for (const one of kinds) {
    try {
      return { kind: one, members: await finders[one](word, size, cli) }
    } catch (error) {
      if (!(error instanceof AppError) || !missing.has(error.code)) throw error
      if (one === 'container') hint = error.hint
    }
  }
  throw new AppError(
    'no-such-object',
    `find ${JSON.stringify(word)}: there is no ${kinds.join(', ')} of this name`,
    {
      exitCode: exitCode.failed,
      ...(hint === undefined ? {} : { hint }),
    },
  )
}

/** Codes of what is not there, or can be no name of its kind. */
const missing = new Set([
  'no-such-container',
  'image-not-found',
  'bad-reference',
  'no-such-network',
  'no-such-volume',
])

type Finder = (word: string, size: boolean, cli: CliContext) => object | Promise<object>

const finders: Readonly<Record<Kind, Finder>> = {
  container: (word, size, cli) => {
    const container = openContainerStore(cli.root).find(word)
    return size ? withSizes(container, cli) : inspectContainer(container)
  },
  image: (word, _, cli) => {
    const store = openStore({ root: cli.root })
    return inspectImage(store, requireImage(store.images, word), store.images.resolveIndex(word))
  },
  network: async (word, _, cli) => {
    const { findNetwork, networkMembers, subnetsOf } = await networkCases()
    const record = findNetwork(cli, word)
    const members = networkMembers(cli).get(record.id) ?? []
    return (await import('../networks/shown.ts')).shownNetwork(
      { ...record, subnets: subnetsOf(cli, record) },
      members,
    )
  },
  volume: async (word, _, cli) => {
    const { requireVolume } = await volumeCases()
    return (await import('../volumes/shown.ts')).shownVolume(requireVolume(cli.root, word))
  },
}

const withSizes = async (container: Container, cli: CliContext): Promise<object> => {
  const { sizeOf } = await sizeCases()
  const { own, whole } = sizeOf(openStore({ root: cli.root }), container)
  return { ...inspectContainer(container), SizeRw: own, SizeRootFs: whole }
}
