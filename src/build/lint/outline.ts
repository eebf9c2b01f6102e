import type { Range } from '../../foundation/errors/index.ts'
import { type Expansion, expand, parseMount, type RunInstruction } from '../dockerfile/index.ts'
import { descriptionOf, stageDescription } from './descriptions.ts'
import { expandWith, fromScope, ownValue } from './from-scope.ts'
import { linkStages } from './needed-stages.ts'
import { readSource } from './read-source.ts'
import type { SourceInstruction, StageRequest } from './types.ts'

export interface OutlineArg {
  readonly name: string
  readonly description?: string
  /** With --build-arg and defaults put in. */
  readonly value?: string
  readonly range: Range
}

/** A secret or an SSH agent. */
export interface OutlineMount {
  readonly name: string
  readonly required: boolean
  readonly range: Range
}

export interface OutlineCache {
  readonly id: string
  readonly range: Range
}

/** All parameters of a target and of the stages that it needs, in file order. */
export interface Outline {
  /** Name of the target, when it has one. */
  readonly name?: string
  readonly description?: string
  readonly args: readonly OutlineArg[]
  readonly secrets: readonly OutlineMount[]
  readonly ssh: readonly OutlineMount[]
  readonly caches: readonly OutlineCache[]
}

/** Undefined when there is no such target. */
export const outlineTarget = (request: StageRequest & { readonly text: string }): Outline | undefined => {
  const source = readSource(request.text, request.dockerfile)
  const links = linkStages(request)
  const { target } = links
  if (!target) return undefined
  const globals = globalArgs(request, source.globalArgs)
  const stages: Findings[] = []
  const scopes = new Map<number, Scope>()
  for (const stage of source.stages) {
    const own = request.dockerfile.stages[stage.index]
    if (!own) continue
    const base = links.baseOf(own)
    const scope: Scope = new Map((base && scopes.get(base.index)) ?? [['PATH', defaultPath]])
    scopes.set(stage.index, scope)
    if (!links.needed.has(stage.index)) continue
    const found = createFindings()
    stages.push(found)
    globals.use(own.from.image, found)
    globals.use(own.from.platform ?? '', found)
    for (const each of stage.instructions) readInstruction(request, each, scope, globals, found)
  }
  const description = stageDescription(source.stages[target.index]?.from, target.name)
  return {
    ...(target.name !== undefined && { name: target.name }),
    ...(description !== undefined && { description }),
    ...merge(stages),
  }
}

type Scope = Map<string, string>

/** What a step sees when its image says nothing. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

interface Findings {
  readonly args: Map<string, OutlineArg>
  readonly secrets: Map<string, OutlineMount>
  readonly ssh: Map<string, OutlineMount>
  readonly caches: Map<string, OutlineCache>
}

const createFindings = (): Findings => ({
  args: new Map(),
  secrets: new Map(),
  ssh: new Map(),
  caches: new Map(),
})

/** What the target says wins over what the stages below it say. */
const merge = (stages: readonly Findings[]): Omit<Outline, 'name' | 'description'> => {
  const top = [...stages].reverse()
  return {
    args: inOrder(top.map((each) => each.args)),
    secrets: inOrder(top.map((each) => each.secrets)),
    ssh: inOrder(top.map((each) => each.ssh)),
    caches: inOrder(top.map((each) => each.caches)),
  }
}

const inOrder = <T extends { readonly range: Range }>(
  stages: readonly ReadonlyMap<string, T>[],
): readonly T[] => {
  const all = new Map<string, T>()
  for (const found of stages) for (const [name, each] of found) if (!all.has(name)) all.set(name, each)
  return [...all.values()].sort((a, b) => a.range.start.line - b.range.start.line)
}

interface Globals {
  /** Adds the global ARGs that a text uses, and those that their defaults use. */
  use(text: string, found: Findings): void
  /** Whether the file gives it a value: then it is listed where that stands. */
  hasDefault(name: string): boolean
  readonly scope: ReadonlyMap<string, string>
}

const globalArgs = (request: StageRequest, instructions: readonly SourceInstruction[]): Globals => {
  const scope = fromScope(request)
  const args = new Map<string, OutlineArg>()
  const defaults = new Map<string, string | undefined>()
  for (const { instruction, comments } of instructions) {
    if (instruction.kind !== 'arg') continue
    for (const { name, value } of instruction.args) {
      args.set(name, argOf(name, scope.get(name), comments, instruction.range))
      defaults.set(name, value)
    }
  }
  const use = (text: string, found: Findings): void => {
    for (const name of namesIn(text)) {
      const arg = args.get(name)
      if (!arg || found.args.has(name)) continue
      found.args.set(name, arg)
      use(defaults.get(name) ?? '', found)
    }
  }
  return { use, hasDefault: (name) => defaults.get(name) !== undefined, scope }
}

const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\$\{?(\w+)/g)].flatMap(([, name]) => name ?? [])

const argOf = (
  name: string,
  value: string | undefined,
  comments: readonly string[],
  range: Range,
): OutlineArg => {
  const description = descriptionOf(name, comments)
  return {
    name,
    ...(description !== undefined && { description }),
    ...(value !== undefined && value !== '' && { value }),
    range,
  }
}

const readInstruction = (
  request: StageRequest,
  { instruction, comments }: SourceInstruction,
  scope: Scope,
  globals: Globals,
  found: Findings,
): void => {
  const expanded = (text: string): string => expandWith(text, request.dockerfile.escape, scope) ?? text
  const { escape: escapeCharacter } = request.dockerfile
  if (instruction.kind === 'run')
    readMounts(instruction, found, (text) =>
      expand(text, { escape: escapeCharacter, lookup: (name) => scope.get(name) }),
    )
  if (instruction.kind === 'env')
    for (const { name, value } of instruction.pairs) scope.set(name, expanded(value))
  if (instruction.kind !== 'arg') return
  for (const { name, value: fallback } of instruction.args) {
    const given = ownValue(request.buildArgs, name)
    const value = given ?? (fallback === undefined ? globals.scope.get(name) : expanded(fallback))
    if (value !== undefined) scope.set(name, value)
    if (fallback === undefined && globals.hasDefault(name)) globals.use(`$${name}`, found)
    else if (fallback !== undefined || !isPlatformArg(name))
      found.args.set(name, argOf(name, value, comments, instruction.range))
  }
}

const isPlatformArg = (name: string): boolean =>
  /^(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)$|^TARGETSTAGE$/.test(name)

const readMounts = (
  { mounts, range }: RunInstruction,
  found: Findings,
  expanded: (value: string) => Expansion,
): void => {
  for (const { text } of mounts) {
    const { mount } = parseMount(text, expanded)
    if (mount?.type === 'secret') addMount(found.secrets, mount.id, mount.required, range)
    if (mount?.type === 'ssh') addMount(found.ssh, mount.id, mount.required, range)
    if (mount?.type === 'cache' && !found.caches.has(mount.id))
      found.caches.set(mount.id, { id: mount.id, range })
  }
}

/** The first of several mounts is listed. */
const addMount = (mounts: Map<string, OutlineMount>, name: string, required: boolean, range: Range): void => {
  if (!mounts.has(name)) mounts.set(name, { name, required, range })
}
