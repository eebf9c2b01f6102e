import { findProgram, runProgram } from '../../foundation/sys/index.ts'
import { processesOf, readRecord } from '../../runtime/oci-runtime/index.ts'
import type { RuncVerb } from './context.ts'
import { parseFlags, usage } from './flags.ts'

/** `tsrunc ps [--format json] ID [PS OPTIONS]` */
export const ps: RuncVerb = async (argv, { root, cli }) => {
  const flags = parseFlags(argv, { values: ['format'], short: { f: 'format' }, stopAtOperand: true })
  const [id, ...options] = flags.operands
  if (id === undefined) throw usage('expected a container id')
  const pids = processesOf(readRecord(root, id).cgroups)
  const format = flags.value('format') ?? 'table'
  if (format === 'json') cli.stdout.write(`${JSON.stringify(pids)}\n`)
  else if (format === 'table')
    cli.stdout.write(await rowsOf(pids, options.length > 0 ? options : ['-ef'], cli.env['PATH']))
  else throw usage(`flag --format: expected table or json, found ${format}`)
  return 0
}

/** The lines that ps(1) of the host prints about these processes, and its first one. */
const rowsOf = async (
  pids: readonly number[],
  options: readonly string[],
  path: string | undefined,
): Promise<string> => {
  const program = findProgram('ps', path)
  if (program === undefined) throw usage('this machine has no ps', 'use --format json')
  const signal = new AbortController().signal
  const { stdout } = await runProgram({ program, args: options, env: {}, cwd: '/', signal })
  const [head = '', ...lines] = stdout.toString().split('\n')
  const column = head.trim().split(/\s+/).indexOf('PID')
  if (column < 0) throw usage('ps printed no column PID', 'choose other options of ps')
  const wanted = lines.filter((line) => pids.includes(Number(line.trim().split(/\s+/)[column])))
  return [head, ...wanted, ''].join('\n')
}
