import { errnoOf, type Finding } from '../../foundation/errors/index.ts'
import { isReadOnly } from '../../store/content/index.ts'
import type { Lease } from '../../store/snapshot/index.ts'
import type { Store } from '../store.ts'
import { checkSteps } from './steps.ts'
import type { CheckedFinding, CheckedStep, CheckStep, StoreReport, VerifyOptions } from './types.ts'

/**
 * Looks at all that a store holds, in named steps, and with `repair` puts right what is wrong: what can be made again is
 * dropped, what is lost is fetched again or said. Other commands may go on beside it; nothing is pruned while it looks. Throws `store-denied`
 * for a repair of a store that cannot be written.
 */
export const verifyStore = async (store: Store, options: VerifyOptions = {}): Promise<StoreReport> => {
  const since = Date.now() - clockSlack
  using _lease = await holdAll(store)
  const steps: CheckedStep[] = []
  for (const step of await checkSteps(store, { ...options, since })) {
    const done = await runStep(step, options.repair === true)
    options.onStep?.(done)
    steps.push(done)
  }
  const findings = steps.flatMap((step) => step.findings)
  const open = findings.filter((finding) => finding.repaired === undefined)
  return {
    steps,
    damaged: open.filter(({ severity }) => severity === 'damage').length,
    leftovers: open.filter(({ severity }) => severity === 'leftover').length,
    repaired: findings.length - open.length,
  }
}

/** Milliseconds: file systems stamp files with a clock that lags. */
const clockSlack = 1000

/** From here on no prune takes anything away that is there now. A store that cannot be written is not pruned either. */
const holdAll = async (store: Store): Promise<Lease | undefined> => {
  if (isReadOnly(store.root)) return undefined
  const lease = await store.lease()
  lease.hold([...store.snapshots.list()].map(({ id }) => id))
  lease.hold([...store.content.list()].map(({ digest }) => digest))
  return lease
}

const runStep = async ({ name, run }: CheckStep, repair: boolean): Promise<CheckedStep> => {
  let checked = 0
  let bytes = 0
  const findings: CheckedFinding[] = []
  const count = (size = 0): void => {
    checked++
    bytes += size
  }
  for await (const finding of run(count)) findings.push(repair ? await repairedOf(finding) : plain(finding))
  return { name, checked, bytes, findings }
}

const plain = ({ what, problem, severity }: Finding): CheckedFinding => ({ what, problem, severity })

const repairedOf = async (finding: Finding): Promise<CheckedFinding> => {
  if (!finding.repair) return plain(finding)
  try {
    return { ...plain(finding), repaired: await finding.repair() }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...plain(finding), problem: `${finding.problem}; repairing it failed: ${errnoOf(error) ?? why}` }
  }
}
