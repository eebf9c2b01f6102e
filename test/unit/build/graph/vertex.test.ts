import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planOf } from '../../../support/plan-dockerfile.ts'

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/)

/** An instruction as the words it is written with. The last word of each means something. */
const instruction: fc.Arbitrary<readonly string[]> = fc.oneof(
  word.map((value) => ['RUN', 'echo', value]),
  word.map((value) => ['RUN', '--network=none', 'echo', value]),
  word.map((value) => ['RUN', '--mount=type=cache,target=/c', `--mount=type=tmpfs,target=/${value}`, 'true']),
  word.map((value) => ['RUN', '--mount=target=/m', `--mount=type=secret,id=${value}`, 'true']),
  word.map((value) => ['COPY', '--chown=1', 'from', `/${value}`]),
  word.map((value) => ['COPY', '--link', `--exclude=${value}`, 'a', 'b', '/d/']),
  word.map((value) => ['ADD', `--chmod=600`, `https://example.org/${value}`, '/x']),
  word.map((value) => ['WORKDIR', `/w/${value}`]),
)

/** Instructions that only later steps feel. */
const setting: fc.Arbitrary<readonly string[]> = fc.oneof(
  word.map((value) => ['ENV', `E=${value}`]),
  word.map((value) => ['ARG', `A=${value}`]),
  word.map((value) => ['USER', value]),
  fc.constant(['SHELL', '["/bin/bash",', '"-c"]']),
)

const stage = fc.array(fc.oneof({ weight: 2, arbitrary: instruction }, setting), {
  minLength: 1,
  maxLength: 6,
})

/** How a file may be written without meaning anything else. */
interface Style {
  readonly upper: boolean
  readonly continued: boolean
  readonly comments: boolean
  readonly blank: number
  readonly name: string
  readonly ending: string
}

const style: fc.Arbitrary<Style> = fc.record({
  upper: fc.boolean(),
  continued: fc.boolean(),
  comments: fc.boolean(),
  blank: fc.integer({ min: 0, max: 2 }),
  name: word,
  ending: fc.constantFrom('\n', '\r\n'),
})

const write = (instructions: readonly (readonly string[])[], how: Style): string => {
  const line = ([keyword = '', ...words]: readonly string[]): string => {
    const first = how.upper ? keyword : keyword.toLowerCase()
    // Inside a command the space between words is the shell's.
    const breaks = how.continued && keyword !== 'RUN' && keyword !== 'SHELL'
    const between = breaks ? ` \\\n${how.comments ? '# why\n' : ''}  ` : ' '
    return `${how.comments ? '# a comment\n' : ''}${[first, ...words].join(between)}`
  }
  const lines = [
    `FROM base AS ${how.name}`,
    ...instructions.map(line),
    `FROM base`,
    `COPY --from=${how.name} / /`,
  ]
  return lines.join('\n'.repeat(how.blank + 1)).replaceAll('\n', how.ending)
}

const plain: Style = { upper: true, continued: false, comments: false, blank: 0, name: 'stage', ending: '\n' }

const idsOf = async (text: string): Promise<readonly string[]> =>
  (await planOf(text)).vertices.map(({ id }) => id)

describe('the identity of vertices', () => {
  it('does not depend on how the file is written', async () => {
    await fc.assert(
      fc.asyncProperty(stage, style, async (instructions, how) => {
        expect(await idsOf(write(instructions, how))).toEqual(await idsOf(write(instructions, plain)))
      }),
      { numRuns: 60 },
    )
  })

  it('depends on every word that means something', async () => {
    const changed = fc.tuple(stage, instruction, fc.nat(20))
    await fc.assert(
      fc.asyncProperty(changed, async ([instructions, step, at]) => {
        const place = at % (instructions.length + 1)
        const other = step.map((each, index) =>
          index === step.length - 1 && each !== 'true' ? `${each}q` : each,
        )
        const more = step.at(-1) === 'true' ? [...step, 'too'] : other
        const withStep = (each: readonly string[]) => instructions.toSpliced(place, 0, each)
        const one = await planOf(write(withStep(step), plain))
        const two = await planOf(write(withStep(more), plain))
        expect(one.result).not.toBe(two.result)
      }),
      { numRuns: 60 },
    )
  })

  it('depends on the settings that a step runs with', async () => {
    const run = ['RUN', 'true']
    await fc.assert(
      fc.asyncProperty(stage, setting, async (instructions, last) => {
        const before = await planOf(write([...instructions, run], plain))
        const after = await planOf(write([...instructions, last, run], plain))
        const changes = JSON.stringify(execOf(before)) !== JSON.stringify(execOf(after))
        expect(before.result !== after.result).toBe(changes)
      }),
      { numRuns: 60 },
    )
  })
})

/** What the last RUN of the file is told. */
const execOf = (plan: Awaited<ReturnType<typeof planOf>>): unknown =>
  plan.vertices.findLast(({ op }) => op.kind === 'exec')?.op
