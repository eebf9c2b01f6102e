import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { Entitlement, ExecOp } from '../graph/index.ts'

/**
 * Refuses a step that needs what the user did not allow. The planner does too, with the place in the Dockerfile; this is for
 * plans that did not come from it (CVE-2024-23653). Throws `not-allowed`.
 */
export const checkEntitlements = (op: ExecOp, allowed: readonly Entitlement[], step: string): void => {
  const needed: readonly (readonly [Entitlement, boolean])[] = [
    ['security.insecure', op.security !== undefined],
    ['network.host', op.network === 'host'],
    ['device', (op.devices ?? []).length > 0],
  ]
  for (const [entitlement, isNeeded] of needed) {
    if (!isNeeded || allowed.includes(entitlement)) continue
    throw new AppError('not-allowed', `run ${step}: it needs ${entitlement}, which this build may not have`, {
      exitCode: exitCode.notPermitted,
      hint: `allow it with --allow ${entitlement}`,
    })
  }
}
