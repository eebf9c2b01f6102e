import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { WordsInstruction } from '../dockerfile/index.ts'
import { goList } from './go-text.ts'
import { chargeEntries, report, warn } from './planning.ts'
import { parsePorts } from './ports.ts'
import { expandIn } from './stage-words.ts'
import { recordMetadata, type Step } from './step.ts'

export const applyExpose = (step: Step, instruction: WordsInstruction): void => {
  const { planning, state } = step
  const { range } = instruction
  const ports: string[] = []
  // Docker sorts the words as they are written, and the ports stay in that order.
  for (const text of instruction.words.toSorted(byCodeUnit)) {
    for (const word of expandIn(planning, state, range, text)?.words ?? []) {
      const parsed = parsePorts(word)
      if ('problem' in parsed) {
        report(planning, range, {
          code: 'bad-port',
          message: `expected PORT[-PORT][/tcp|udp|sctp] after EXPOSE, found ${JSON.stringify(word)}: ${parsed.problem}`,
          hint: 'ports go from 0 to 65535',
          part: { word: text },
        })
        continue
      }
      for (const port of parsed.ports) ports.push(port)
      warnOfForm(step, instruction, word, parsed)
    }
  }
  // Each is text of the history, too, and a part of every image config made from this stage.
  chargeEntries(planning, 4 * ports.length)
  for (const port of ports) state.config.exposedPorts.add(port)
  recordMetadata(step, `EXPOSE ${goList(ports)}`)
}

const warnOfForm = (
  { planning }: Step,
  { range }: WordsInstruction,
  word: string,
  { isMapping, isOtherCase }: { readonly isMapping: boolean; readonly isOtherCase: boolean },
): void => {
  if (isMapping)
    warn(
      planning,
      range,
      'ExposeInvalidFormat',
      `EXPOSE instruction should not define an IP address or host-port mapping, found '${word}'`,
    )
  if (isOtherCase)
    warn(
      planning,
      range,
      'ExposeProtoCasing',
      `Defined protocol '${word}' in EXPOSE instruction should be lowercase`,
    )
}
