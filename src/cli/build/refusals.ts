import { usage } from '../images/parse-verb.ts'
import { booleanOf } from '../value-forms.ts'
import { keyValues, shown } from './fields.ts'

/** Options of docker's that this builder cannot do, or need not: how they were given. */
export interface ForeignOptions {
  flag(name: string): boolean
  text(name: string): string | undefined
  list(name: string): readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Refuses what would change the result (`usage`), and returns warnings for what makes a build at most slower. Options that mean
 * nothing here (--rm, --force-rm, --compress, --builder, --debug) are passed over in silence, as by docker.
 */
export const refuseForeign = (given: ForeignOptions): readonly string[] => {
  if (given.list('policy').length > 0 || given.env['EXPERIMENTAL_BUILDKIT_SOURCE_POLICY']) {
    throw usage(
      'build',
      'source policies are not supported',
      'leave --policy out; nothing is fetched unasked',
    )
  }
  const isolation = given.text('isolation')
  if (isolation && isolation !== 'default') {
    throw usage('build', `--isolation ${isolation}: expected default`, 'other kinds are for Windows only')
  }
  refuseAttestations(given)
  return [...warnIf(given.list('securityOpt').length > 0, '--security-opt', 'use RUN --security=insecure')]
}

const warnIf = (is: boolean, flag: string, why: string): readonly string[] =>
  is ? [`${flag} is not supported yet and does nothing: ${why}`] : []

const refuseAttestations = (given: ForeignOptions): void => {
  const attests = given.list('attest').filter((text) => {
    const disabled = keyValues(shown('--attest', text), text).get('disabled')
    return disabled === undefined || booleanOf(disabled) !== true
  })
  const wanted = [
    ...attests.map((text) => `--attest ${text}`),
    ...(['provenance', 'sbom'] as const).flatMap((name) => {
      const value = given.text(name)
      return value === undefined || isOff(value) ? [] : [`--${name} ${value}`]
    }),
  ]
  const [first] = wanted
  if (first === undefined) return
  throw usage('build', `${first}: attestations are not supported yet`, 'leave it out, or say =false')
}

const isOff = (value: string): boolean =>
  booleanOf(value) === false ||
  value === '' ||
  value === 'none' ||
  /(?:^|,)disabled=(?:true|1)(?:,|$)/.test(value)
