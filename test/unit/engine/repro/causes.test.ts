import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { explainContent } from '../../../../src/engine/repro/causes.ts'

const begin = 1_795_344_900
const circumstances = { hostnames: ['repro-first', 'repro-again'], begin, end: begin + 10 }

const explain = (a: string | Buffer, b: string | Buffer) =>
  explainContent(Buffer.from(a), Buffer.from(b), circumstances)

const gzip = (seconds: number): Buffer => {
  const bytes = gzipSync('data')
  bytes.writeUInt32LE(seconds, 4)
  return bytes
}

const binary = (seconds: number): Buffer => {
  const bytes = Buffer.alloc(64)
  bytes.writeUInt32BE(seconds, 20)
  return bytes
}

describe('why two files are not the same', () => {
  it.each([
    ['the same lines in another order', 'a\nb\nc\n', 'c\na\nb\n', 'order'],
    ['a time of day', 'built at 10:55:02 UTC\n', 'built at 10:55:03 UTC\n', 'date'],
    ['seconds of the build', `x=${begin + 1};\n`, `x=${begin + 4};\n`, 'date'],
    ['a number that is not of the build', 'x=1234567890123\n', 'x=1234567890124\n', 'random'],
    ['the hostname', 'on repro-first\n', 'on repro-again\n', 'host'],
    ['a temporary directory', '/tmp/tmp.6BkQjV1Nrv\n', '/tmp/tmp.BCiuDGURcO\n', 'path'],
    ['a process id', 'pid 17\n', 'pid 23\n', 'pid'],
    ['a key', 'AAx9f\n', 'k3Qpz\n', 'random'],
    ['a date and a key', '10:55:02\nAAx9f\n', '10:55:03\nk3Qpz\n', 'random'],
    ['the header of gzip', gzip(begin), gzip(begin + 3), 'date'],
    ['seconds in a binary file', binary(begin + 1), binary(begin + 2), 'date'],
    ['other bytes in a binary file', binary(7), binary(0xff00ff00), 'random'],
  ])('%s', (_, a, b, cause) => {
    expect(explain(a, b).cause).toBe(cause)
  })

  it('shows an example', () => {
    expect(explain('on repro-first.\n', 'on repro-again.\n').sample).toEqual(['repro-first.', 'repro-again.'])
  })
})
