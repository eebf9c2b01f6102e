import { describe, expect, it } from 'vitest'
import { renderFailure } from '../../../src/cli/fail.ts'
import { AppError, DiagnosticError, exitCode, InternalError } from '../../../src/foundation/errors/index.ts'

const options = { program: 'tsbuild' } as const

describe('renderFailure', () => {
  it('shows message and hint of an AppError and its exit code', () => {
    const error = new AppError('no-image', 'find image web: none has this name', {
      hint: 'run `tsbuild images`',
      exitCode: exitCode.usage,
    })
    expect(renderFailure(error, options)).toEqual({
      text: 'tsbuild: error: find image web: none has this name\nhint: run `tsbuild images`\n',
      exitCode: 2,
    })
  })

  it('places a diagnostic with excerpt, caret and hint', () => {
    const error = new DiagnosticError(
      [
        {
          severity: 'error',
          code: 'unknown-instruction',
          message: 'unknown instruction FORM',
          file: 'Dockerfile',
          range: { start: { line: 2, column: 0 }, end: { line: 2, column: 4 } },
          hint: 'did you mean FROM?',
        },
      ],
      new Map([['Dockerfile', '# web\nFORM debian\n']]),
    )
    expect(renderFailure(error, options)).toEqual({
      text: [
        'Dockerfile:2:1: error: unknown instruction FORM',
        '  1 | # web',
        '  2 | FORM debian',
        '    | ^^^^',
        'hint: did you mean FROM?',
        '',
      ].join('\n'),
      exitCode: 65,
    })
  })

  it('calls an unknown error internal, without a stack unless asked', () => {
    const error = new TypeError('x is not a function')
    const { text, exitCode: code } = renderFailure(error, options)
    expect(code).toBe(70)
    expect(text).toContain('internal error: x is not a function')
    expect(text).toContain('TSBUILD_DEBUG=1')
    expect(text).not.toContain('fail.test.ts')
    expect(renderFailure(error, { ...options, debug: true }).text).toContain('fail.test.ts')
  })

  it('says what failed first when something held cannot be released either', () => {
    const error = new AppError('store-full', 'no space left', { exitCode: exitCode.storeIo })
    const work = (): void => {
      using _held = {
        [Symbol.dispose]: () => {
          throw new Error('cannot release')
        },
      }
      throw error
    }
    const failure = (debug: boolean) => {
      try {
        work()
      } catch (thrown) {
        return renderFailure(thrown, { ...options, debug })
      }
      throw new Error('nothing was thrown')
    }
    expect(failure(false)).toEqual({ text: 'tsbuild: error: no space left\n', exitCode: 74 })
    expect(failure(true).text).toContain('cannot release')
  })

  it('shows the causes in debug mode', () => {
    const error = new AppError('outer', 'outer failed', {
      cause: new Error('inner failed'),
    })
    expect(renderFailure(error, options).text).not.toContain('inner failed')
    expect(renderFailure(error, { ...options, debug: true }).text).toContain('caused by: Error: inner failed')
  })

  it('treats an InternalError as a bug', () => {
    expect(renderFailure(new InternalError('state 7'), options).exitCode).toBe(70)
  })

  it('says what to do when the disk is full', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const failure = renderFailure(error, options)
    expect(failure.exitCode).toBe(74)
    expect(failure.text).toContain('the disk is full')
  })

  it('makes escape sequences in foreign text visible', () => {
    const { text } = renderFailure(new AppError('x', 'open \u001b[2Jfile\u202e'), options)
    expect(text).toBe('tsbuild: error: open \\x1b[2Jfile\\u202e\n')
  })

  it('exits with 130 when interrupted', () => {
    const controller = new AbortController()
    controller.abort()
    expect(renderFailure(controller.signal.reason, options).exitCode).toBe(130)
  })
})
