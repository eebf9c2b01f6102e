import {
  type CheckedFinding,
  type CheckedStep,
  checkCases,
  openStore,
  type Store,
  type StoreReport,
  transferCases,
} from '../../engine/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { parseVerb } from '../images/parse-verb.ts'
import { humanSize } from '../render/human.ts'
import { printable, printableJson } from '../render/printable.ts'

interface Options {
  readonly quick?: boolean
  readonly repair?: boolean
  readonly json?: boolean
}

/** `tsbuild fsck [OPTIONS]`: 0 when all is right or was put right, 1 when something is damaged. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('fsck', argv, cli, (command) =>
    command
      .description('Check that everything in the store is whole and true')
      .option('--quick', 'read names and records only, not the bytes of blobs and trees')
      .option('--repair', 'drop, make or fetch again what is wrong')
      .option('--json', 'print the report as one JSON object'),
  )
  if (!parsed) return 0
  const { quick = false, repair = false, json = false } = parsed.options
  const store = openStore({ root: cli.root })
  const { verifyStore } = await checkCases()
  const onStep = (step: CheckedStep): void => cli.stdout.write(stepText(step))
  const refetch = (name: string): Promise<void> => fetchAgain(store, name, cli)
  const report = await verifyStore(store, { quick, repair, refetch, ...(json ? {} : { onStep }) })
  cli.stdout.write(json ? `${printableJson(report)}\n` : summaryOf(report, cli, repair))
  return report.damaged > 0 ? 1 : 0
}

const fetchAgain = async (store: Store, name: string, { env }: CliContext): Promise<void> => {
  const { pull } = await transferCases()
  await pull(store, { name }, { env, events: () => {} })
}

const stepText = ({ name, checked, bytes, findings }: CheckedStep): string => {
  const read = bytes > 0 ? `, ${humanSize(bytes)} read` : ''
  return `${name.padEnd(17)} ${checked} checked${read}\n${findings.map(findingLine).join('')}`
}

const findingLine = ({ what, problem, severity, repaired }: CheckedFinding): string => {
  const kind = repaired === undefined ? severity : 'repaired'
  const done = repaired === undefined ? '' : `: ${repaired}`
  return `  ${kind.padEnd(9)} ${printable(`${what} ${problem}${done}`)}\n`
}

const summaryOf = (report: StoreReport, cli: CliContext, repair: boolean): string => {
  const { damaged, leftovers, repaired } = report
  const counts = [
    damaged === 0 ? 'nothing is damaged' : `${damaged} damaged`,
    ...(repaired > 0 ? [`${repaired} repaired`] : []),
    ...(leftovers > 0 ? [`${leftovers} left over (the next prune frees them)`] : []),
  ]
  if (damaged > 0 && !repair)
    cli.stderr.write('hint: `tsbuild fsck --repair` drops or makes again what it can\n')
  return `${counts.join(', ')}\n`
}
