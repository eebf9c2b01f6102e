import { availableParallelism } from 'node:os'
import { type Coder, codingFailed } from './coder.ts'
import type { CodedKind, LayerCompression } from './types.ts'

/** Coders at most: more of them wait for the disk and the registry. */
const maxCoders = 8

/** Blocks at a time for each: a process that codes gzip gets the next one while this thread is busy; those of zstd are large. */
const depths: Readonly<Record<CodedKind, number>> = { gzip: 2, zstd: 1 }

/**
 * Who may use coders at the same time. Two keep them busy; were there more, all layers of a push would be done at the same moment, and
 * sent only then.
 */
const maxUsers = 2

/** Coders of one kind; shared by all who compress so at the same time, gone when the last of them is done. */
export interface CoderPool extends Disposable {
  /** Blocks that are coded at the same time at most. */
  readonly width: number
  /**
   * One block as a gzip member or a zstd frame. The block's memory may be taken: it is not to be used afterwards. Rejects with
   * `compression-failed`.
   */
  readonly code: (block: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>
  /** Starts all coders, for blocks that are about to come. */
  readonly warm: () => void
}

interface Task {
  readonly block: Uint8Array<ArrayBuffer>
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: Error) => void
}

interface Member {
  readonly coder: Coder
  /** Blocks that it has. */
  load: number
}

interface Shared {
  users: number
  /** Who waits to become a user. */
  readonly turns: (() => void)[]
  readonly most: number
  readonly depth: number
  readonly start: () => Coder
  readonly members: Set<Member>
  readonly waiting: Task[]
}

const pools = new Map<string, Shared>()

/** Waits for its turn. */
export const borrowCoders = async (kind: CodedKind, { level }: LayerCompression): Promise<CoderPool> => {
  const start = await starters[kind](level)
  const id = `${kind} ${level}`
  const shared = pools.get(id) ?? {
    users: 0,
    turns: [],
    most: Math.max(1, Math.min(maxCoders, availableParallelism())),
    depth: depths[kind],
    start,
    members: new Set(),
    waiting: [],
  }
  pools.set(id, shared)
  if (shared.users < maxUsers) shared.users++
  // Whoever goes leaves the place to the next.
  else await new Promise<void>((resolve) => shared.turns.push(resolve))
  let isReturned = false
  return {
    width: shared.most * shared.depth,
    code: (block) =>
      new Promise((resolve, reject) => {
        shared.waiting.push({ block, resolve, reject })
        distribute(shared)
      }),
    warm() {
      while (add(shared));
    },
    [Symbol.dispose]: () => {
      if (isReturned) return
      isReturned = true
      const next = shared.turns.shift()
      if (next) return next()
      shared.users--
      if (shared.users > 0) return
      if (pools.get(id) === shared) pools.delete(id)
      end(shared)
    },
  }
}

/** Late: few commands compress. */
const starters: Readonly<Record<CodedKind, (level: number) => Promise<() => Coder>>> = {
  gzip: async (level) => {
    const { startGzipCoder } = await import('./gzip-coder.ts')
    return () => startGzipCoder(level)
  },
  zstd: async (level) => {
    const { startZstdCoder } = await import('./zstd-coder.ts')
    return () => startZstdCoder(level)
  },
}

const distribute = (shared: Shared): void => {
  for (let member = freeMember(shared); member; member = freeMember(shared)) {
    const task = shared.waiting.shift()
    if (!task) return
    void give(shared, member, task)
  }
}

/** One that has nothing to do, else a new one, else the one with the least. */
const freeMember = (shared: Shared): Member | undefined => {
  if (shared.waiting.length === 0) return undefined
  const [least] = [...shared.members].sort((a, b) => a.load - b.load)
  if (least?.load === 0) return least
  return add(shared) ?? (least && least.load < shared.depth ? least : undefined)
}

const add = (shared: Shared): Member | undefined => {
  if (shared.members.size >= shared.most) return undefined
  const member: Member = { coder: shared.start(), load: 0 }
  shared.members.add(member)
  return member
}

const give = async (shared: Shared, member: Member, { block, resolve, reject }: Task): Promise<void> => {
  member.load++
  try {
    resolve(await member.coder.code(block))
  } catch (error) {
    // One that has failed is not asked again.
    member.coder.end()
    shared.members.delete(member)
    reject(error instanceof Error ? error : codingFailed(String(error)))
  } finally {
    member.load--
  }
  distribute(shared)
}

const end = (shared: Shared): void => {
  const given = codingFailed('it was given up')
  for (const { reject } of shared.waiting.splice(0)) reject(given)
  for (const { coder } of shared.members) coder.end()
  shared.members.clear()
}
