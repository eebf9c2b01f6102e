import { baseOf } from '../../foundation/filetree/index.ts'
import { type CommandLine, chompHeredoc, parseHeredocMark, type RunInstruction } from '../dockerfile/index.ts'
import type { FileMount } from './op-types.ts'

/**
 * What RUN runs, with its here-documents. One that stands alone is the script itself, or, with an interpreter line, a file that
 * the shell starts. With a command before them, all go to the shell as written. Their variables are the shell's business.
 */
export const readCommand = ({
  command,
  heredocs,
}: RunInstruction): { readonly command: CommandLine; readonly script?: FileMount } => {
  const [first] = heredocs
  if (!first || command.form === 'exec') return { command }
  if (!parseHeredocMark(command.text)) {
    const bodies = heredocs.map((heredoc) => `\n${heredoc.text}${heredoc.name}`)
    return { command: { form: 'shell', text: command.text + bodies.join('') } }
  }
  const text = chompHeredoc(first)
  if (!text.startsWith('#!')) return { command: { form: 'shell', text } }
  const target = `/dev/pipes/${baseOf(first.name)}`
  return {
    command: { form: 'shell', text: target },
    script: { kind: 'file', target, text, mode: 0o755 },
  }
}
