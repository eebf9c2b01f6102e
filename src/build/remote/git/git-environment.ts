import { homedir } from 'node:os'
import { join } from 'node:path'
import type { RemoteEnvironment, SshIdentity } from '../types.ts'
import { type GitHeader, gitHeaderFor } from './git-authorization.ts'

/** Settings that hold for every call: nothing of the host's or the repository's configuration runs a program or asks a person. */
const settings: readonly (readonly [string, string])[] = [
  ['advice.detachedHead', 'false'],
  ['core.askPass', ''],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.logAllRefUpdates', 'false'],
  ['core.pager', 'cat'],
  ['credential.helper', ''],
  ['fetch.recurseSubmodules', 'false'],
  ['fetch.writeCommitGraph', 'false'],
  ['gc.auto', '0'],
  ['init.defaultBranch', 'main'],
  ['init.templateDir', ''],
  ['maintenance.auto', 'false'],
  ['protocol.version', '2'],
  ['safe.directory', '*'],
  ['submodule.recurse', 'false'],
  // What serves the shared repository to a checkout that keeps its own: a commit that no branch names.
  ['uploadpack.allowAnySHA1InWant', 'true'],
]

const proxyNames = [
  'http_proxy',
  'https_proxy',
  'HTTPS_PROXY',
  'no_proxy',
  'NO_PROXY',
  'ALL_PROXY',
  'all_proxy',
]

/** The whole environment of a git process. What may not be seen in a process list stands here, not among the arguments. */
export const gitEnvironment = (
  remote: string,
  { env, secret, ssh }: RemoteEnvironment,
  options: { readonly local?: boolean } = {},
): Readonly<Record<string, string>> => {
  const header = options.local ? undefined : gitHeaderFor(remote, secret)
  const values = [...settings, ...(header === undefined ? [] : headerSettings(header))]
  const authority = env['SSL_CERT_FILE'] ?? env['GIT_SSL_CAINFO'] ?? env['TSBUILD_EXTRA_CA_CERTS']
  return {
    PATH: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_ALLOW_PROTOCOL: options.local ? 'file' : 'http:https:git:ssh',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    // Objects that are missing are an error here, never fetched from somewhere by the way.
    GIT_NO_LAZY_FETCH: '1',
    GIT_CONFIG_COUNT: String(values.length),
    ...Object.fromEntries(
      values.flatMap(([name, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, name],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
    ...(authority === undefined ? {} : { GIT_SSL_CAINFO: authority }),
    ...(options.local ? {} : { GIT_SSH_COMMAND: sshCommand(ssh), GIT_SSH_VARIANT: 'ssh' }),
    ...(ssh?.kind === 'agent' && !options.local ? { SSH_AUTH_SOCK: ssh.socket } : {}),
    ...Object.fromEntries(
      proxyNames.flatMap((name) => {
        const value = env[name]
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  }
}

/** A header of one's own goes along wherever git is redirected to: with one, redirects are not followed. */
const headerSettings = ({ scope, header }: GitHeader): readonly (readonly [string, string])[] => [
  [`http.${scope}.extraHeader`, header],
  ['http.followRedirects', 'false'],
]

/** The host's keys come from the user's and the machine's list, and from nowhere else; nobody is asked. */
const sshCommand = (ssh: SshIdentity | undefined): string =>
  [
    'ssh',
    '-F',
    '/dev/null',
    ...['BatchMode=yes', 'ForwardAgent=no', 'ClearAllForwardings=yes', 'StrictHostKeyChecking=yes'].flatMap(
      (option) => ['-o', option],
    ),
    '-o',
    quoted(`UserKnownHostsFile=${join(homedir(), '.ssh/known_hosts')}`),
    ...(ssh?.kind === 'keys'
      ? ['-o', 'IdentitiesOnly=yes', ...ssh.paths.flatMap((path) => ['-i', quoted(path)])]
      : []),
    ...(ssh === undefined ? ['-o', 'IdentityFile=none', '-o', 'IdentityAgent=none'] : []),
  ].join(' ')

/** For the shell that git starts ssh with. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
