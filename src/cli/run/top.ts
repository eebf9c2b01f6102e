import { openContainerStore, processesOf, recordEvent } from '../../engine/index.ts'
import { type AppError, exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { renderTable } from '../render/table.ts'
import { parseVerb, usage } from './parse-verb.ts'
import { columnNames, fullColumns, momentOf, type TopColumn, topColumn, userColumns } from './top-columns.ts'

/** `tsrun top CONTAINER [OPTIONS of ps]`: the processes are read from /proc; of ps only the choice of columns is taken. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb(
    'top',
    argv,
    cli,
    (command) =>
      command
        .description('Show the processes of a container')
        .argument('<container>', 'name or id')
        .argument('[options...]', 'of ps: -ef (the default), aux, -o COLUMNS')
        .passThroughOptions(),
    { stopAtOperand: true },
  )
  if (!parsed) return 0
  const [word = '', ...words] = parsed.args
  const columns = chosenColumns(words)
  const containers = openContainerStore(cli.root)
  const container = containers.find(word)
  const processes = processesOf(container)
  recordEvent(containers.journal, container.record, 'top')
  const moment = momentOf(cli.now())
  cli.stdout.write(
    renderTable(
      columns.map(({ header }) => header),
      processes.map((one) => columns.map(({ value }) => value(one, moment))),
    ),
  )
  return 0
}

/** What options of ps show. Throws `usage` for others, and for columns without the pid, as docker does. */
export const chosenColumns = (words: readonly string[]): readonly TopColumn[] => {
  const asked: string[] = []
  let form: readonly TopColumn[] | undefined
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const list = /^-?[eAaxd]*o(.*)$/s.exec(word)?.[1]
    if (list !== undefined) asked.push(...(list === '' ? (words[++at] ?? '') : list).split(/[\s,]+/))
    else if (/^-[eAfFadx]+$/.test(word)) form ??= fullColumns
    else if (/^[aux]+$/.test(word)) form = word.includes('u') ? userColumns : form
    else throw wrong(`${JSON.stringify(word)}: not supported`, 'options are -ef, aux and -o COLUMNS')
  }
  if (asked.length === 0) return form ?? fullColumns
  const columns = asked.map((name) => {
    const found = topColumn(name)
    if (!found)
      throw wrong(`there is no column ${JSON.stringify(name)}`, `columns are ${columnNames.join(', ')}`)
    return found
  })
  if (!asked.some((name) => name === 'pid')) throw wrong('expected the column pid', 'add it to -o')
  return columns
}

const wrong = (message: string, hint: string): AppError => usage('top', message, hint, exitCode.failed)
