import { expect, it } from 'vitest'
import { parseModeChange } from '../../../../src/build/ops/file-mode.ts'

/** What docker made of these (BuildKit 0.25): no umask for an empty "who". */
const cases: readonly (readonly [text: string, before: number, directory: boolean, after: number])[] = [
  ['644', 0o4755, false, 0o644],
  ['0644', 0o755, true, 0o644],
  ['04755', 0o644, false, 0o4755],
  ['00755', 0o644, false, 0o755],
  ['+w', 0o644, false, 0o666],
  ['+x', 0o644, false, 0o755],
  ['u+x', 0o644, false, 0o744],
  ['g+w,o-r', 0o6755, false, 0o6771],
  ['a+X', 0o640, false, 0o640],
  ['a+X', 0o740, false, 0o751],
  ['a+X', 0o640, true, 0o751],
  ['u=rwX,go=rX', 0o755, false, 0o755],
  ['u=rwX,go=rX', 0o600, false, 0o644],
  ['u=rwX,go=rX', 0o600, true, 0o755],
  ['go=', 0o777, false, 0o700],
  ['a=r', 0o4777, false, 0o444],
  ['u=rwx', 0o6755, false, 0o2755],
  ['a=rx', 0o3775, true, 0o1555],
  ['g=u', 0o6755, false, 0o6775],
  ['o=', 0o3775, true, 0o3770],
  ['u+s', 0o755, false, 0o4755],
  ['ug+s', 0o755, false, 0o6755],
  ['+t', 0o777, true, 0o1777],
  ['o+t', 0o755, true, 0o755],
  ['g+t', 0o755, false, 0o1755],
  ['o-t', 0o7755, false, 0o7755],
  ['o=rt', 0o755, false, 0o754],
  ['uo=rt', 0o755, false, 0o1454],
  ['=t', 0o644, false, 0o1644],
  ['+rt', 0o600, false, 0o1600],
  ['-rt', 0o7755, true, 0o6755],
  ['+ut', 0o644, false, 0o1666],
  ['u+gt', 0o644, false, 0o1644],
  ['+st', 0o755, false, 0o1755],
  ['g=u', 0o740, false, 0o770],
  ['o+g', 0o650, false, 0o655],
  ['u-w+x', 0o600, false, 0o500],
]
for (const [text, before, directory, after] of cases) {
  it(`${text} on ${before.toString(8)}${directory ? ' (directory)' : ''}`, () => {
    expect(parseModeChange(text).apply(before, directory).toString(8)).toBe(after.toString(8))
  })
}

for (const text of ['', '8', '77777', '0o755', 'u', 'x', 'z+r', 'u+q', 'u+r,', ',', 'rwxr-xr-x', '7 5']) {
  it(`refuses ${JSON.stringify(text)}`, () => {
    expect(() => parseModeChange(text)).toThrow('expected an octal or symbolic mode')
  })
}

it('directories on the way take the bits of an octal mode', () => {
  expect(parseModeChange('4700').implicitDirectory).toBe(0o700)
  expect(parseModeChange('u+x').implicitDirectory).toBe(0o755)
})
