import { lstatSync, readlinkSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { CreateOptions, MountWish } from '../../engine/index.ts'
import { type AppError, errnoOf } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { given } from './given.ts'
import { parseWhole } from './parse-values.ts'
import { usage } from './parse-verb.ts'
import type { PodmanFlags } from './podman-flags.ts'

/** What podman's options say of the container itself. Throws `usage`. */
export const podmanOptions = (
  flags: PodmanFlags & { readonly name?: string },
  { cwd }: Pick<CliContext, 'cwd'>,
): Pick<CreateOptions, 'umask' | 'runTimeout' | 'pidFile' | 'unsetEnv'> & { readonly replace?: boolean } => {
  if (flags.replace && !flags.name)
    throw usage('run', '--replace: expected --name too', 'say whose place it takes')
  const seconds = flags.timeout === undefined ? 0 : parseWhole('--timeout', flags.timeout, 0, longestTimeout)
  return {
    ...given('replace', flags.replace),
    ...given('umask', flags.umask === undefined ? undefined : parseUmask(flags.umask)),
    ...given('runTimeout', seconds === 0 ? undefined : seconds),
    ...given('pidFile', flags.pidfile === undefined ? undefined : placeOfPid(resolve(cwd, flags.pidfile))),
    ...(flags.unsetenvAll ? { unsetEnv: 'all' } : given('unsetEnv', flags.unsetenv)),
  }
}

/** Seconds; the monitor counts milliseconds in 64 bits, so that this is no bound of its own. */
const longestTimeout = 2 ** 32

/** Up to four octal digits, as podman has it. */
const parseUmask = (text: string): number => {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8) & 0o777
  throw usage('run', `--umask ${JSON.stringify(text)}: expected up to four octal digits`, 'such as 0022')
}

/** The file is the monitor's to write; what cannot be one is told before there is a container. */
const placeOfPid = (path: string): string => {
  const refused = (wrong: string): AppError =>
    usage('run', `--pidfile ${path}: ${wrong}`, 'choose a file in a directory that exists')
  let wrong: string | undefined
  try {
    wrong = wrongPlace(path)
  } catch (error) {
    throw refused(`it cannot be looked at (${errnoOf(error) ?? 'unknown error'})`)
  }
  if (wrong !== undefined) throw refused(wrong)
  return path
}

/** As native/monitor_state.c has it: the file is replaced, which devices of the host and links to them must not be. */
const wrongPlace = (path: string): string | undefined => {
  const own = lstatSync(path, { throwIfNoEntry: false })
  const target = statSync(path, { throwIfNoEntry: false })
  if (target?.isDirectory()) return 'this is a directory'
  if (target && !target.isFile()) return 'this is no regular file'
  if (own?.isSymbolicLink() && readlinkSync(path).startsWith('/proc/')) return 'this is a link into /proc'
  return statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()
    ? undefined
    : 'its directory is not there'
}

/** Variables of this process, for --env-host: they come before those of files and of -e, so that these win. */
export const hostVariables = (flags: PodmanFlags, { env }: Pick<CliContext, 'env'>): readonly string[] =>
  flags.envHost
    ? Object.entries(env).flatMap(([name, value]) =>
        value === undefined || name === 'TSBUILD_FRONT' ? [] : [`${renamed[name] ?? name}=${value}`],
      )
    : []

/** What bin/tsrun hides from Node. */
const renamed: Readonly<Record<string, string>> = { TSBUILD_EXTRA_CA_CERTS: 'NODE_EXTRA_CA_CERTS' }

/** What --read-only-tmpfs mounts: only with --read-only, and not where something else is mounted, by the image too. */
export const writableMounts = (
  flags: PodmanFlags & { readonly readOnly?: boolean },
  others: readonly MountWish[],
): readonly MountWish[] =>
  flags.readOnly && flags.readOnlyTmpfs
    ? Object.entries({ '/run': '755', '/tmp': '1777', '/var/tmp': '1777' }).flatMap(
        ([destination, mode]): readonly MountWish[] =>
          others.some((other) => resolve(other.destination) === destination)
            ? []
            : [
                {
                  kind: 'tmpfs',
                  destination,
                  options: ['nosuid', 'nodev', 'exec', `mode=${mode}`],
                  yields: true,
                },
              ],
      )
    : []
