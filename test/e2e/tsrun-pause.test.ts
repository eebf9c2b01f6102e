import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import {
  containerLeftovers,
  eventually,
  freshName,
  startDetached,
  watchLeftovers,
} from '../support/e2e/containers.ts'
import { tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

const stateOf = async (name: string): Promise<string> =>
  (await tsrun(['inspect', '-f', '{{.State.Status}} {{.State.Paused}}', name])).stdout.trim()

const count = (script: string): readonly string[] => ['busybox', 'sh', '-c', script]

test('a paused container stands still, says so, and goes on', async () => {
  const name = freshName()
  await startDetached(
    '--network',
    'none',
    '--name',
    name,
    ...count('i=0; while true; do echo $i; i=$((i+1)); done'),
  )
  expect(await tsrun(['pause', name])).toMatchObject({ code: 0, stdout: `${name}\n` })
  expect(await stateOf(name)).toBe('paused true')
  expect((await tsrun(['ps', '--filter', 'status=paused'])).stdout).toMatch(/Up .* \(Paused\)/)
  const pid = (await tsrun(['inspect', '-f', '{{.State.Pid}}', name])).stdout.trim()
  const used = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15).join(' ')
  const before = used()
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(used()).toBe(before)
  expect(await tsrun(['pause', name])).toMatchObject({ code: 1, stderr: expect.stringContaining('unpause') })
  expect(await tsrun(['exec', name, 'true'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is paused'),
  })
  expect(await tsrun(['unpause', name])).toMatchObject({ code: 0 })
  expect(await stateOf(name)).toBe('running false')
  await eventually(() => used() !== before)
  expect(await tsrun(['unpause', name])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not paused'),
  })
  expect(await tsrun(['rm', '-f', name])).toMatchObject({ code: 0 })
})

test('what is to end a paused container reaches it', async () => {
  const name = freshName()
  await startDetached(
    '--network',
    'none',
    '--name',
    name,
    ...count('trap "exit 5" TERM; while true; do sleep 0.1; done'),
  )
  await tsrun(['pause', name])
  expect(await tsrun(['stop', '-t', '8', name])).toMatchObject({ code: 0 })
  expect((await tsrun(['inspect', '-f', '{{.State.ExitCode}}', name])).stdout.trim()).toBe('5')
  await tsrun(['start', name])
  await tsrun(['pause', name])
  expect(await tsrun(['kill', name])).toMatchObject({ code: 0 })
  expect((await tsrun(['wait', name])).stdout.trim()).toBe('137')
  expect(await tsrun(['pause', name])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not running'),
  })
  await tsrun(['rm', name])
  expect(containerLeftovers()).toEqual([])
})

test('another name is taken, and the old one is free', async () => {
  const [a, b] = [freshName(), freshName()]
  await startDetached('--network', 'none', '--name', a, 'busybox', 'sleep', '60')
  expect(await tsrun(['rename', a, b])).toMatchObject({ code: 0 })
  expect((await tsrun(['inspect', '-f', '{{.Name}}', b])).stdout.trim()).toBe(`/${b}`)
  expect(await tsrun(['inspect', a])).toMatchObject({ code: 1 })
  expect(await tsrun(['rename', b, '-x'])).not.toMatchObject({ code: 0 })
  await startDetached('--network', 'none', '--name', a, 'busybox', 'sleep', '60')
  expect((await tsrun(['rename', b, a])).stderr).toContain('has this name')
  await tsrun(['rm', '-f', a, b])
})

test('stats show what a busy container uses', async () => {
  const name = freshName()
  await startDetached('--network', 'none', '-m', '64m', '--name', name, ...count('while true; do :; done'))
  const { stdout } = await tsrun(['stats', '--no-stream', '--format', 'json', name])
  const row = JSON.parse(stdout)
  expect(row).toMatchObject({ Name: name, PIDs: '1', NetIO: '0B / 0B' })
  expect(Number.parseFloat(row.CPUPerc)).toBeGreaterThan(5)
  expect(row.MemUsage).toMatch(/^[\d.]+[KM]iB \/ 64MiB$/)
  expect((await tsrun(['stats', '--no-stream', name])).stdout).toMatch(
    /^CONTAINER ID +NAME +CPU % +MEM USAGE \/ LIMIT/,
  )
  await tsrun(['rm', '-f', name])
  expect((await tsrun(['stats', '--no-stream', 'nobody'])).code).toBe(1)
})
