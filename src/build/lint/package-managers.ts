import type { ShellCommand } from './shell-commands.ts'

/** A package manager that leaves files behind which no image needs. */
export interface PackageManager {
  readonly name: string
  /** A command that fills the cache. */
  fills(command: ShellCommand): boolean
  /** A command of the same RUN that empties it. */
  empties(command: ShellCommand): boolean
  /** A directory that holds the cache: a cache or tmpfs mount on it keeps it out of the layer. */
  readonly directory: RegExp
  /** Variables that turn the cache off. */
  readonly variables: readonly string[]
  /** What to write. */
  readonly hint: string
}

const program = ([name]: ShellCommand): string => (name ?? '').slice((name ?? '').lastIndexOf('/') + 1)

/** The first word after the program that is no option. */
const verb = (command: ShellCommand): string => command.slice(1).find((word) => !word.startsWith('-')) ?? ''

const removes = (command: ShellCommand, path: RegExp): boolean =>
  (program(command) === 'rm' || program(command) === 'find') && command.some((word) => path.test(word))

const isApt = (command: ShellCommand): boolean => ['apt-get', 'apt'].includes(program(command))

export const isAptUpdate = (command: ShellCommand): boolean => isApt(command) && verb(command) === 'update'

/** Anything that makes use of updated lists. */
export const usesAptLists = (command: ShellCommand): boolean =>
  (isApt(command) && verb(command) !== 'update') ||
  ['apt-cache', 'aptitude', 'apt-file', 'dpkg'].includes(program(command))

export const aptLists = /^\/var\/lib\/apt(\/lists)?(\/|$|\/\*)|^\/var\/lib\/?$/

const pipInstalls = (command: ShellCommand): boolean => {
  const isModule = /^python[\d.]*$/.test(program(command)) && command[1] === '-m' && command[2] === 'pip'
  const words = isModule ? command.slice(2) : command
  return (isModule || /^pip[\d.]*$/.test(program(words))) && verb(words) === 'install'
}

export const packageManagers: readonly PackageManager[] = [
  {
    name: 'apt',
    fills: isAptUpdate,
    empties: (command) => removes(command, aptLists) || (isApt(command) && verb(command) === 'distclean'),
    directory: /^\/var\/lib\/apt(\/lists)?\/?$/,
    variables: [],
    hint: 'end the RUN with rm -rf /var/lib/apt/lists/*, or mount a cache on /var/lib/apt/lists',
  },
  {
    name: 'apk',
    fills: (command) =>
      program(command) === 'apk' &&
      ['add', 'update', 'upgrade'].includes(verb(command)) &&
      !command.includes('--no-cache'),
    empties: (command) => removes(command, /^\/var\/cache(\/apk)?(\/|$)/),
    directory: /^\/var\/cache(\/apk)?\/?$|^\/etc\/apk\/cache\/?$/,
    variables: [],
    hint: 'write apk add --no-cache',
  },
  {
    name: 'pip',
    fills: (command) => pipInstalls(command) && !command.includes('--no-cache-dir'),
    empties: (command) =>
      removes(command, /\.cache(\/|$|\*)/) || (command.includes('cache') && command.includes('purge')),
    directory: /\.cache(\/pip)?\/?$|\/pip[^/]*\/?$/,
    variables: ['PIP_NO_CACHE_DIR', 'PIP_CACHE_DIR'],
    hint: 'write pip install --no-cache-dir, or mount a cache on /root/.cache/pip',
  },
  {
    name: 'npm',
    fills: (command) =>
      program(command) === 'npm' && ['ci', 'i', 'install', 'clean-install'].includes(verb(command)),
    empties: (command) =>
      removes(command, /\.npm(\/|$|\*)/) || (program(command) === 'npm' && verb(command) === 'cache'),
    directory: /\.npm\/?$|\/npm[^/]*\/?$/,
    variables: ['NPM_CONFIG_CACHE', 'npm_config_cache'],
    hint: 'end the RUN with npm cache clean --force, or mount a cache on /root/.npm',
  },
  {
    name: 'yarn',
    fills: (command) => program(command) === 'yarn' && ['', 'install'].includes(verb(command)),
    empties: (command) =>
      removes(command, /\.cache|yarn/) || (program(command) === 'yarn' && verb(command) === 'cache'),
    directory: /yarn|\.cache\/?$/,
    variables: ['YARN_CACHE_FOLDER'],
    hint: 'end the RUN with yarn cache clean, or mount a cache on the directory that yarn cache dir names',
  },
  ...['dnf', 'yum', 'microdnf'].map((name) => ({
    name,
    fills: (command: ShellCommand) =>
      program(command) === name &&
      ['install', 'update', 'upgrade', 'groupinstall', 'reinstall'].includes(verb(command)),
    empties: (command: ShellCommand) =>
      removes(command, /^\/var\/cache(\/(dnf|yum|libdnf5))?(\/|$|\*)/) ||
      (['dnf', 'yum', 'microdnf'].includes(program(command)) && verb(command) === 'clean'),
    directory: /^\/var\/cache(\/(dnf|yum|libdnf5))?\/?$/,
    variables: [],
    hint: `end the RUN with ${name} clean all, or mount a cache on /var/cache/${name === 'yum' ? 'yum' : 'libdnf5'}`,
  })),
]
