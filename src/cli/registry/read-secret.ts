import { readSync } from 'node:fs'
import { exitCode } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { usage } from '../images/parse-verb.ts'

/** Longer ones are a file that was not meant. */
const maxLength = 64 << 10

/** All of standard input, without the line ends at its end. Throws `usage` when that is nothing or much. */
export const readPiped = (cli: CliContext): string => {
  const buffer = Buffer.alloc(maxLength + 1)
  let length = 0
  for (;;) {
    const count = readSync(cli.stdin.fd, buffer, length, buffer.length - length, null)
    length += count
    if (count === 0 || length > maxLength) break
  }
  if (length > maxLength) throw usage('login', `more than ${maxLength} bytes came from standard input`)
  const text = buffer.toString('utf8', 0, length).replace(/[\r\n]+$/, '')
  if (text === '') throw usage('login', 'no password came from standard input')
  return text
}

/** A line that is typed on the terminal. */
export const readLine = async (prompt: string, cli: CliContext): Promise<string> => typed(prompt, cli, true)

/** A line that is typed on the terminal and not shown. */
export const readHidden = async (prompt: string, cli: CliContext): Promise<string> =>
  typed(prompt, cli, false)

const typed = (prompt: string, cli: CliContext, echo: boolean): Promise<string> =>
  new Promise((resolve, reject) => {
    const { ReadStream } = process.getBuiltinModule('node:tty')
    const terminal = new ReadStream(cli.stdin.fd)
    cli.stderr.write(prompt)
    if (!echo) terminal.setRawMode(true)
    let text = ''
    const end = (failure?: Error): void => {
      if (!echo) {
        terminal.setRawMode(false)
        cli.stderr.write('\n')
      }
      terminal.removeAllListeners()
      terminal.pause()
      terminal.unref()
      if (failure) reject(failure)
      else resolve(text.replace(/[\r\n]+$/, ''))
    }
    terminal.on('data', (chunk: Buffer) => {
      for (const character of chunk.toString('utf8')) {
        if (character === '\r' || character === '\n') return end()
        // Raw mode: Ctrl-C and Ctrl-D are ours to see.
        if (character === '\u0003' || character === '\u0004')
          return end(usage('login', 'nothing was entered', undefined, exitCode.failed))
        text = character === '\u007f' || character === '\b' ? text.slice(0, -1) : text + character
      }
    })
    terminal.once('end', () => end())
    terminal.once('error', end)
  })
