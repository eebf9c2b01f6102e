import type { RunInstruction } from '../dockerfile/index.ts'
import { report } from './planning.ts'
import type { Step } from './step.ts'
import type { Entitlement } from './types.ts'

/** Whether the user allowed all that a RUN asks for; what is missing is reported. `--network host` of the build allows it for all. */
export const mayRun = (
  { planning }: Step,
  { network, security, devices, range }: RunInstruction,
): boolean => {
  const { request } = planning
  const isKnown = security === undefined || security === 'sandbox' || security === 'insecure'
  if (!isKnown)
    report(planning, range, {
      code: 'bad-security',
      message: `expected --security to be sandbox or insecure, found ${JSON.stringify(security)}`,
      part: { flag: 'security' },
    })
  const asked: readonly (readonly [flag: string, right: Entitlement, needed: boolean])[] = [
    ['--network=host', 'network.host', network === 'host' && request.network !== 'host'],
    ['--security=insecure', 'security.insecure', security === 'insecure'],
    ['--device', 'device', devices.length > 0],
  ]
  const missing = asked.filter(([, right, needed]) => needed && !request.entitlements?.includes(right))
  for (const [flag, right] of missing)
    report(planning, range, {
      code: 'not-allowed',
      message: `expected RUN ${flag} to be allowed, found that it is not`,
      hint: `if you trust this Dockerfile: --allow ${right}`,
      part: { flag: flag.replace(/^--|=.*/g, '') },
    })
  return isKnown && missing.length === 0
}
