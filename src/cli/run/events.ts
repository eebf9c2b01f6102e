import { watch } from 'node:fs'
import { openContainerStore, readEvents, type StoreEvent } from '../../engine/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { interruptible } from '../interrupt.ts'
import { compileTemplate } from '../render/template.ts'
import { eventFilter } from './event-filters.ts'
import { parseTime } from './parse-time.ts'
import { collect, parseVerb } from './parse-verb.ts'

interface Options {
  readonly since?: string
  readonly until?: string
  readonly filter?: readonly string[]
  readonly format?: string
}

/** Milliseconds between two looks where changes are not reported. */
const pause = 500

/** `tsrun events [OPTIONS]`: what has happened to containers, networks, volumes and images, and what happens from now on until it is interrupted. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('events', argv, cli, (command) =>
    command
      .description('Show what happens to containers, networks, volumes and images')
      .option('--since <time>', 'also what has happened since, such as 10m or 2026-01-31T12:00:00Z')
      .option('--until <time>', 'end at this time')
      .option(
        '-f, --filter <filter>',
        'container=, event=, image=, label=, network=, type=, volume= (repeatable)',
        collect,
      )
      .option('--format <format>', 'json, or a template such as {{.Action}} {{.Actor.ID}}'),
  )
  if (!parsed) return 0
  const { since, until, filter, format } = parsed.options
  const { journal } = openContainerStore(cli.root)
  return follow(cli, {
    journal,
    from: since ? parseTime('--since', since, cli.now()) - 1n : until ? -1n : newest(journal),
    end: until ? parseTime('--until', until, cli.now()) : undefined,
    matches: eventFilter(filter ?? []),
    print: printer(format, cli),
  })
}

interface Wish {
  readonly journal: string
  /** Nanoseconds since the epoch: later ones are shown. */
  readonly from: bigint
  /** The same: what comes behind it is not shown. Without it there is no end. */
  readonly end: bigint | undefined
  readonly matches: (event: StoreEvent) => boolean
  readonly print: (event: StoreEvent) => void
}

const follow = async (cli: CliContext, wish: Wish): Promise<number> => {
  const { journal, end, matches, print } = wish
  const isNew = newOnes(wish)
  using interrupt = interruptible()
  for (;;) {
    // Asked before reading: what came before the end is shown in any case.
    const rest = end === undefined ? pause : Number(end / 1_000_000n) - cli.now()
    const over = rest <= 0 || interrupt.signal.aborted
    const look = isNew()
    for (const event of readEvents(journal)) if (look(event) && matches(event)) print(event)
    if (over) return interrupt.exitCode
    await change(cli.root, interrupt.signal, Math.min(pause, rest))
  }
}

/** A predicate for every look at the journal: true for events of the wished time that no look has met before. */
const newOnes = ({ from, end }: Wish): (() => (event: StoreEvent) => boolean) => {
  let last = from
  // Events may have the same time: so many of the last one have been seen.
  let seen = Number.POSITIVE_INFINITY
  return () => {
    let skipped = 0
    return ({ timeNano }) => {
      const at = nanoseconds(timeNano)
      if (at < last || (at === last && skipped++ < seen) || (end !== undefined && at > end)) return false
      seen = at === last ? seen + 1 : 1
      skipped = seen
      last = at
      return true
    }
  }
}

/** The digits that are printed of it: the number itself is one of many that are written so. */
const nanoseconds = (timeNano: number): bigint => BigInt(String(timeNano))

const newest = (journal: string): bigint => nanoseconds(readEvents(journal).at(-1)?.timeNano ?? 0)

const printer = (format: string | undefined, cli: CliContext): ((event: StoreEvent) => void) => {
  if (format === undefined) return (event) => cli.stdout.write(`${plain(event)}\n`)
  if (format === 'json' || format === '{{json .}}')
    return (event) => cli.stdout.write(`${JSON.stringify(inOrder(event))}\n`)
  const template = compileTemplate(format)
  return (event) => {
    const { id = '', status = '', from = '', scope, time, timeNano } = event
    const others = { ID: id, Status: status, From: from, Scope: scope, Time: time, TimeNano: timeNano }
    cli.stdout.write(`${template({ ...event, id, status, from, ...others, Actor: sorted(event.Actor) })}\n`)
  }
}

/** Members as docker orders them, without those that an event of its type does not have. */
const inOrder = ({ status, id, from, Type, Action, Actor, scope, time, timeNano }: StoreEvent): object => ({
  ...{ status, id, from, Type, Action, Actor: sorted(Actor), scope, time, timeNano },
})

const sorted = ({ ID, Attributes }: StoreEvent['Actor']): StoreEvent['Actor'] => ({
  ID,
  Attributes: Object.fromEntries(Object.entries(Attributes).toSorted(([a], [b]) => byCodeUnit(a, b))),
})

/** `2026-01-31T12:00:00.000000000Z container start ID (image=..., name=...)` */
const plain = (event: StoreEvent): string => {
  const at = new Date(event.time * 1000).toISOString().slice(0, 19)
  const fraction = String(nanoseconds(event.timeNano) % 1_000_000_000n).padStart(9, '0')
  const attributes = Object.entries(event.Actor.Attributes)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
  return `${at}.${fraction}Z ${event.Type} ${event.Action} ${event.Actor.ID} (${attributes.join(', ')})`
}

/** Resolves when something in the store's directory has changed, or after a while. */
const change = (directory: string, signal: AbortSignal, timeout: number): Promise<void> =>
  new Promise((resolve) => {
    let watcher: ReturnType<typeof watch> | undefined
    const done = (): void => {
      clearTimeout(timer)
      watcher?.close()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.max(timeout, 1))
    signal.addEventListener('abort', done, { once: true })
    try {
      watcher = watch(directory, done)
      watcher.on('error', done)
    } catch {
      // No inotify instance left: the timer does.
    }
  })
