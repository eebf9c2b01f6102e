import { badTemplate } from './bad.ts'
import { functions } from './functions.ts'
import { goText, isRecord, isTrue, isUsersMap, nilOf, sortedEntries } from './go-text.ts'
import type { Node, Operand, Parsed, Pipe } from './parse.ts'

/** Variables of a block; those around it are seen, and can be assigned, through `outer`. */
interface Scope {
  readonly values: Map<string, unknown>
  readonly outer: Scope | undefined
}

interface Run {
  readonly format: string
  readonly parsed: Parsed
  /** How deep templates call each other. */
  readonly depth: number
  readonly out: string[]
}

type Flow = 'break' | 'continue' | undefined

/** Renders a parsed template. Throws `bad-template` when it asks for what the value does not have. */
export const renderTemplate = (format: string, parsed: Parsed, value: unknown): string => {
  const run: Run = { format, parsed, depth: 0, out: [] }
  renderNodes(run, parsed.nodes, value, { values: new Map([['$', value]]), outer: undefined })
  return run.out.join('')
}

const fail = (run: Run, why: string, hint?: string): Error => badTemplate(run.format, why, hint, 1)

const inner = (outer: Scope): Scope => ({ values: new Map(), outer })

const renderNodes = (run: Run, nodes: readonly Node[], dot: unknown, scope: Scope): Flow => {
  for (const node of nodes) {
    const flow = renderNode(run, node, dot, scope)
    if (flow) return flow
  }
  return undefined
}

const renderNode = (run: Run, node: Node, dot: unknown, scope: Scope): Flow => {
  switch (node.kind) {
    case 'text':
      run.out.push(node.text)
      return undefined
    case 'print': {
      const value = evaluatePipe(run, node.pipe, dot, scope)
      if (node.pipe.variables.length === 0) run.out.push(value === null ? '<no value>' : goText(value))
      return undefined
    }
    case 'break':
    case 'continue':
      return node.kind
    case 'template':
      return callTemplate(run, node, dot, scope)
    case 'range':
      return renderRange(run, node, dot, inner(scope))
    default: {
      const block = inner(scope)
      const value = evaluatePipe(run, node.pipe, dot, block)
      if (!isTrue(value)) return renderNodes(run, node.otherwise, dot, block)
      return renderNodes(run, node.body, node.kind === 'with' ? value : dot, block)
    }
  }
}

type Block = Extract<Node, { readonly pipe: Pipe; readonly body: readonly Node[] }>

const callTemplate = (
  run: Run,
  node: Extract<Node, { readonly kind: 'template' }>,
  dot: unknown,
  scope: Scope,
): Flow => {
  const nodes = run.parsed.definitions.get(node.name)
  if (!nodes) throw fail(run, `there is no template ${node.name}`)
  if (run.depth > 100) throw fail(run, `template ${node.name} calls itself without end`)
  const value = node.pipe ? evaluatePipe(run, node.pipe, dot, scope) : undefined
  renderNodes({ ...run, depth: run.depth + 1 }, nodes, value, {
    values: new Map([['$', value]]),
    outer: undefined,
  })
  return undefined
}

const renderRange = (run: Run, node: Block, dot: unknown, scope: Scope): Flow => {
  const value = evaluateCommands(run, node.pipe.commands, dot, scope)
  const items = itemsOf(run, value)
  if (items.length === 0) return renderNodes(run, node.otherwise, dot, scope)
  const [first, second] = node.pipe.variables
  for (const [key, item] of items) {
    const block = inner(scope)
    if (second !== undefined) block.values.set(second, item)
    if (first !== undefined) block.values.set(first, second === undefined ? item : key)
    if (renderNodes(run, node.body, item, block) === 'break') break
  }
  return undefined
}

const itemsOf = (run: Run, value: unknown): readonly (readonly [unknown, unknown])[] => {
  if (Array.isArray(value)) return value.map((item, index) => [index, item] as const)
  if (isRecord(value)) return sortedEntries(value)
  if (value === null || value === undefined) return []
  throw fail(run, `range cannot go over ${goText(value)}`)
}

const evaluatePipe = (run: Run, pipe: Pipe, dot: unknown, scope: Scope): unknown => {
  const value = evaluateCommands(run, pipe.commands, dot, scope)
  for (const name of pipe.variables) {
    const owner = pipe.assigns ? ownerOf(run, name, scope) : scope
    owner.values.set(name, value)
  }
  return value
}

const ownerOf = (run: Run, name: string, scope: Scope): Scope => {
  for (let at: Scope | undefined = scope; at; at = at.outer) if (at.values.has(name)) return at
  throw fail(run, `there is no variable ${name}`)
}

const evaluateCommands = (
  run: Run,
  commands: readonly (readonly Operand[])[],
  dot: unknown,
  scope: Scope,
): unknown => {
  let piped: readonly unknown[] = []
  for (const command of commands) piped = [evaluateCommand(run, command, dot, scope, piped)]
  return piped[0]
}

const evaluateCommand = (
  run: Run,
  [first, ...rest]: readonly Operand[],
  dot: unknown,
  scope: Scope,
  piped: readonly unknown[],
): unknown => {
  if (!first) return undefined
  const values = [...rest.map((operand) => evaluateOperand(run, operand, dot, scope)), ...piped]
  if (first.kind === 'function') return callFunction(run, first.name, values)
  const value = evaluateOperand(run, first, dot, scope)
  if (values.length === 0) return value
  if (typeof value === 'function') return String(value(...values))
  throw fail(run, 'only functions have arguments')
}

const callFunction = (run: Run, name: string, values: readonly unknown[]): unknown => {
  const called = functions.get(name)
  if (!called || values.length < called.least || values.length > called.most)
    throw fail(run, `${name} does not take ${values.length} values`)
  try {
    return called.call(...values)
  } catch (error) {
    throw fail(run, `${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const evaluateOperand = (run: Run, operand: Operand, dot: unknown, scope: Scope): unknown => {
  switch (operand.kind) {
    case 'literal':
      return operand.value
    case 'function':
      return callFunction(run, operand.name, [])
    case 'pipe':
      return readPath(run, evaluatePipe(run, operand.pipe, dot, scope), operand.path)
    case 'path': {
      const start =
        operand.variable === '' ? dot : ownerOf(run, operand.variable, scope).values.get(operand.variable)
      return readPath(run, start, operand.path)
    }
  }
}

/** Pointers of docker's types: their members are left out of the JSON when they are nil. */
const optional = [
  'Health',
  'Healthcheck',
  'StopSignal',
  'StopTimeout',
  'SizeRw',
  'SizeRootFs',
  'GraphDriver',
  'Mounts',
  'Tmpfs',
  'Sysctls',
  'Annotations',
]

const readPath = (run: Run, start: unknown, path: readonly string[]): unknown => {
  let at = start
  let usersMap = false
  for (const name of path) {
    if (at === null || at === undefined || !isRecord(at)) {
      if (at === undefined) return undefined
      throw fail(run, `.${path.join('.')}: ${goText(at)} has no field ${name}`)
    }
    if (!Object.hasOwn(at, name)) {
      if (!usersMap && !optional.includes(name))
        throw fail(run, `there is no field ${name}`, `known fields: ${Object.keys(at).join(', ')}`)
      at = usersMap ? undefined : nilOf(name)
    } else at = at[name] ?? nilOf(name)
    usersMap = isUsersMap(name)
  }
  return at
}
