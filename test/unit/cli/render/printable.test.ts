import { describe, expect, it } from 'vitest'
import { printable, printableJson, printableLine } from '../../../../src/cli/render/printable.ts'

describe('foreign text', () => {
  it.each([
    ['a\tb\nc', 'a\tb\nc'],
    ['\u001b[2J\u0007\r', '\\x1b[2J\\x07\\r'],
    ['\u009b1m\u202e', '\\x9b1m\\u202e'],
    ['::add-mask::x', ': :add-mask::x'],
    ['one\n  ::set-output name=a::b', 'one\n  : :set-output name=a::b'],
    ['##[group]', '# #[group]'],
    ['x ##vso[task.x]y', 'x # #vso[task.x]y'],
    ['###[x]', '## #[x]'],
    // What only looks like a command stays as it is.
    ['std::vector a::b ## heading #[derive]', 'std::vector a::b ## heading #[derive]'],
  ])('%j is shown as %j', (text, shown) => expect(printable(text)).toBe(shown))

  it('stays on one line where that is asked for', () => expect(printableLine('a\nb\t')).toBe('a\\nb\\t'))
})

describe('JSON', () => {
  it('escapes what steers terminals and means the same', () => {
    const value = { '\u009b': ['\u202e\u007f\u001b', 'a\nb', 'ü'] }
    const text = printableJson(value, 2)
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(text).toContain('ü')
    expect(JSON.parse(text)).toEqual(value)
    expect(printableJson([1])).toBe('[1]')
  })
})
