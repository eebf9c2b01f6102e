import type { Random } from './random.ts'

/** What the storm has ready: names that containers may use. */
export interface Props {
  readonly image: string
  readonly networks: readonly [string, ...string[]]
  readonly volume: string
}

/** A new container's words after `tsrun`, and whether tsrun stays with it. */
export interface Wish {
  readonly args: readonly string[]
  readonly foreground: boolean
}

const commands: readonly [string, ...string[]] = [
  'exec sleep 1000',
  'sleep 1000 & sleep 1000 & wait',
  'setsid sleep 1000 & exec sleep 1000',
  'trap "" TERM; while :; do sleep 0.2; done',
  'while :; do echo line; sleep 0.05; done',
  'sleep 0.2; exit 3',
  'exit 0',
  'sleep 0.3; kill -9 $$',
  'mkdir /sys/fs/cgroup/sub; echo x > /data/file; sleep 1000',
  'nc -l -p 80; sleep 1000',
]

const life = (random: Random): readonly string[] => {
  const policy = random.pick(['no', 'no', 'always', 'unless-stopped', 'on-failure:2', 'rm', 'rm'])
  if (policy === 'rm') return ['--rm']
  return policy === 'no' ? [] : ['--restart', policy]
}

const health = (random: Random): readonly string[] =>
  random.chance(0.3)
    ? [
        '--health-cmd',
        random.pick(['true', 'false', 'sleep 5']),
        '--health-interval',
        '500ms',
        '--health-retries',
        '2',
      ]
    : []

const network = (random: Random, { networks }: Props): readonly string[] => {
  const which = random.below(10)
  if (which === 0) return ['--network', 'none']
  if (which === 1) return ['--network', 'host']
  const ports = random.chance(0.4) ? ['-p', '127.0.0.1::80', '-p', '127.0.0.1::53/udp'] : []
  if (which < 5) return ports
  const [first, second] = [random.pick(networks), random.pick(networks)]
  const more = first !== second && random.chance(0.3) ? ['--network', second] : []
  return ['--network', first, '--network-alias', 'shared', ...more, ...ports]
}

const storage = (random: Random, { volume }: Props): readonly string[] => [
  ...(random.chance(0.3) ? ['-v', `${volume}:/data`] : []),
  ...(random.chance(0.3) ? ['-v', '/anonymous'] : []),
  ...(random.chance(0.2) ? ['--tmpfs', '/tmp'] : []),
  ...(random.chance(0.2) ? ['--read-only'] : []),
]

const limits = (random: Random, parent: string): readonly string[] => [
  ...(random.chance(0.3) ? ['-m', '64m'] : []),
  ...(random.chance(0.2) ? ['--pids-limit', '50'] : []),
  ...(random.chance(0.2) ? ['--cpus', '0.5'] : []),
  ...(random.chance(0.3) ? ['--cgroup-parent', parent] : []),
  ...(random.chance(0.2) ? ['--init'] : []),
  ...(random.chance(0.1) ? ['--privileged'] : []),
  ...(random.chance(0.1) ? ['--pid', 'host'] : []),
]

/** Chooses a container. `mark` gets into its environment, `parent` is a cgroup that nobody else uses. */
export const chooseWish = (random: Random, number: number, props: Props, mark: string): Wish => {
  const foreground = random.chance(0.2)
  const name = random.chance(0.7) ? ['--name', `c${number}`] : []
  const args = [
    ...(foreground ? [] : ['-d']),
    ...name,
    ...['-e', `TSBUILD_CHAOS=${mark}`],
    ...life(random),
    ...health(random),
    ...network(random, props),
    ...storage(random, props),
    ...limits(random, `chaos-${mark.replaceAll('/', '-')}/deep`),
    ...[props.image, 'sh', '-c', random.pick(commands)],
  ]
  return { args, foreground }
}
