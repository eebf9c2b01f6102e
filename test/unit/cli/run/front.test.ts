import { closeSync, fstatSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { frontOf } from '../../../../src/cli/run/front.ts'

const front = (text: string): number | undefined => frontOf({ env: { TSBUILD_FRONT: text } })

describe('the front that runs this process', () => {
  it('is there only when the descriptor is the socket that was meant', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { _handle } = server as unknown as { readonly _handle: { readonly fd: number } }
    const { ino } = fstatSync(_handle.fd)
    expect(front(`${_handle.fd}:${ino}`)).toBe(_handle.fd)
    expect(front(`${_handle.fd}:${ino + 1}`)).toBeUndefined()
    server.close()
    const file = openSync('/dev/null', 'r')
    expect(front(`${file}:${fstatSync(file).ino}`)).toBeUndefined()
    closeSync(file)
    expect(front('9999:1')).toBeUndefined()
  })
  it.each(['', '3', 'x:1', '3:', '-1:1'])('is not there for %j', (text) =>
    expect(front(text)).toBeUndefined(),
  )
  it('is not there without the variable', () => expect(frontOf({ env: {} })).toBeUndefined())
})
