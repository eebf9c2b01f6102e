import { expect, test } from 'vitest'
import type { CliContext } from '../../../../src/cli/context.ts'
import { parseVerb } from '../../../../src/cli/run/parse-verb.ts'
import { defineRunFlags, type RunFlags } from '../../../../src/cli/run/run-flags.ts'
import { type RunWish, toRunWish } from '../../../../src/cli/run/run-options.ts'

const printed: string[] = []
const output = {
  write: (text: string | Uint8Array) => void printed.push(String(text)),
  isTTY: false,
  columns: 80,
}
const cli: CliContext = {
  stdout: output,
  stderr: output,
  stdin: { fd: 0, isTTY: false },
  env: {},
  cwd: '/cwd',
  root: '/root',
  runRoot: '/run',
  now: () => 0,
}

const parse = async (...argv: string[]): Promise<RunWish & { args: readonly string[]; flags: RunFlags }> => {
  const parsed = await parseVerb<RunFlags>('run', argv, cli, defineRunFlags)
  if (!parsed) throw new Error('help')
  return { ...toRunWish(parsed.options, parsed.args.slice(1), cli), args: parsed.args, flags: parsed.options }
}
const usage = expect.objectContaining({ code: 'usage', exitCode: 125 })

test('options end at the image: the rest is the command', async () => {
  const { args, flags, options } = await parse('-it', '--rm', 'busybox', 'ls', '-l', '--rm=x', '--', '-d')
  expect(args).toEqual(['busybox', 'ls', '-l', '--rm=x', '--', '-d'])
  expect(flags.detach).toBeUndefined()
  expect(options).toMatchObject({
    terminal: true,
    interactive: true,
    autoRemove: true,
    command: args.slice(1),
  })
})

test('-h is the host name', async () => {
  expect((await parse('-h', 'box', 'busybox')).options.hostname).toBe('box')
  await expect(parse('-h', 'a b', 'busybox')).rejects.toThrow(usage)
  await expect(parse('-h', 'x\n1.2.3.4 evil', 'busybox')).rejects.toThrow(usage)
})

test('limits', async () => {
  const { options } = await parse(
    '-m',
    '64m',
    '--cpus',
    '0.5',
    '-c',
    '512',
    '--pids-limit',
    '10',
    '--cpuset-cpus',
    '0',
    'x',
  )
  expect(options.resources).toEqual({
    memory: { limit: 64 << 20, swap: 128 << 20 },
    cpu: { quota: 50_000, period: 100_000, shares: 512, cpus: '0' },
    pids: { limit: 10 },
  })
  expect((await parse('-m', '64m', '--memory-swap', '-1', 'x')).options.resources?.memory?.swap).toBe(-1)
})

test.each([
  ['--memory-swap 1g'],
  ['-m 64m --memory-swap 32m'],
  ['-m 64m --memory-reservation 65m'],
  ['--memory-reservation 1m'],
  ['--cpus 1 --cpu-quota 5'],
  ['--cpus 100000'],
  ['--cpuset-cpus 0-100000'],
  ['--cpuset-cpus x'],
])('%s is refused as docker refuses it when it makes the container', (words) =>
  expect(parse(...words.split(' '), 'x')).rejects.toMatchObject({ code: 'bad-limit', exitCode: 125 }),
)

test.each([
  ['-a nothing'],
  ['--storage-opt size=1g'],
  ['--cpu-rt-period 1'],
  ['--use-api-socket'],
  ['--isolation hyperv'],
  ['--volume-driver zz'],
  ['--label-file /nowhere/at/all'],
])('%s is refused with a reason', (words) => expect(parse(...words.split(' '), 'x')).rejects.toThrow(usage))

test('what docker has and means nothing here is taken', async () => {
  const words = '-a stdin -a stdout -a stderr -q --disable-content-trust --isolation default --annotation a=b'
  expect((await parse(...words.split(' '), '--name', '/n', 'x')).options).toMatchObject({
    name: 'n',
    annotations: { a: 'b' },
  })
})

test('an empty entrypoint clears it', async () => {
  expect((await parse('--entrypoint', '', 'x', 'ls')).options.entrypoint).toEqual([])
  expect((await parse('--entrypoint', 'sh', 'x')).options.entrypoint).toEqual(['sh'])
  expect((await parse('x')).options).not.toHaveProperty('entrypoint')
})

test('security options', async () => {
  const { options } = await parse(
    '--security-opt',
    'no-new-privileges',
    '--security-opt',
    'seccomp=unconfined',
    'x',
  )
  expect(options).toMatchObject({ noNewPrivileges: true, seccomp: { kind: 'unconfined' } })
  await expect(parse('--security-opt', 'wat', 'x')).rejects.toThrow(usage)
  for (const words of ['writable-cgroups', 'apparmor=', 'label', 'systempaths=x', 'credentialspec=x'])
    await expect(parse('--security-opt', words, 'x')).rejects.toThrow(usage)
  await parse('--security-opt', 'apparmor=unconfined', '--security-opt', 'writable-cgroups=false', 'x')
  const { options: open } = await parse('--security-opt', 'writable-cgroups=true', 'x')
  expect(open.writableCgroups).toBe(true)
  await expect(parse('--security-opt', 'seccomp=/nonexistent', 'x')).rejects.toThrow(
    expect.objectContaining({ code: 'bad-seccomp-profile' }),
  )
})

test('networks are docker words, with what is wished on each', async () => {
  const { options } = await parse(
    '--network',
    'name=one,alias=a,alias=b,ip=10.1.0.5',
    '--network',
    'two,gw-priority=3',
    'x',
  )
  expect(options.network).toBe('one')
  expect(options.networks).toEqual([
    { network: 'one', aliases: ['a', 'b'], ipv4: '10.1.0.5' },
    { network: 'two', gatewayPriority: 3 },
  ])
  const flags = await parse(
    '--network',
    'one',
    '--ip6',
    'fd00::5',
    '--mac-address',
    '02:42:AC:00:00:07',
    '--network-alias',
    'a',
    'x',
  )
  expect(flags.options.networks).toEqual([
    { network: 'one', aliases: ['a'], ipv6: 'fd00::5', macAddress: '02:42:ac:00:00:07' },
  ])
  expect((await parse('--network', 'container:web', 'x')).options).toMatchObject({ network: 'container:web' })
})

test.each([
  ['--network', 'one', '--network', 'host'],
  ['--network', 'one', '--network', 'one'],
  ['--network', 'one,ip=10.1.0.5', '--ip', '10.1.0.6'],
  ['--network', 'one,ip=fd00::1'],
  ['--network', 'one,colour=red'],
  ['--network', 'alias=x'],
  ['--network', 'one', '--mac-address', '01:00:5e:00:00:01'],
  ['--network-alias', 'x'],
  ['--dns', 'one.one'],
  ['--link', 'a:b:c'],
])('%s %s %s %s is refused', async (...words) => {
  await expect(parse(...words, 'x')).rejects.toThrow(usage)
})

test('an unknown option ends with 125 and a suggestion', async () => {
  await expect(parse('--naem', 'web', 'x')).rejects.toThrow(
    expect.objectContaining({ exitCode: 125, hint: 'did you mean --name?' }),
  )
  await expect(parse()).rejects.toMatchObject({ code: 'usage', exitCode: 1 })
})

test('numbers that mean no limit', async () => {
  for (const words of ['--cpus 0', '--cpus 0.0', '--pids-limit -5', '--pids-limit 0']) {
    const { options } = await parse(...words.split(' '), 'image')
    expect(options.resources).toEqual({})
  }
  const { options } = await parse('--cpu-quota', '-1', 'image')
  expect(options.resources).toEqual({ cpu: { quota: -1 } })
})

test('-a: only the streams that are named, whatever their case, and the input of -i; none with -d', async () => {
  const attached = async (...argv: string[]): Promise<unknown> =>
    (await parse(...argv, 'busybox')).options.attach
  expect(await attached()).toEqual(['stdout', 'stderr'])
  expect(await attached('-i')).toEqual(['stdin', 'stdout', 'stderr'])
  expect(await attached('-a', 'STDOUT')).toEqual(['stdout'])
  expect(await attached('-i', '-a', 'stderr')).toEqual(['stdin', 'stderr'])
  expect(await attached('-a', 'stdin', '-a', 'stdout')).toEqual(['stdin', 'stdout'])
  expect(await attached('-d', '-i')).toEqual([])
  await expect(parse('-a', 'stdlog', 'busybox')).rejects.toThrow(usage)
  await expect(parse('-d', '-a', 'stdout', 'busybox')).rejects.toMatchObject({ code: 'usage', exitCode: 1 })
})
