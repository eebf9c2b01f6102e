// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfile variables look like those of template strings
import { describe, expect, it } from 'vitest'
import { type ExpandOptions, expand } from '../../../../src/build/dockerfile/index.ts'

const values: Readonly<Record<string, string>> = {
  A: 'apple',
  EMPTY: '',
  PATHS: '/usr/lib:/usr/bin',
  WORDS: 'one two',
  Ünï_1: 'letters',
  𝐀x: 'bold',
  FACES: '😀😀x',
  LINES: 'a\nb',
}
const options: ExpandOptions = {
  escape: '\\',
  lookup: (name) => (Object.hasOwn(values, name) ? values[name] : undefined),
}

const textOf = (text: string, more: Partial<ExpandOptions> = {}): string => {
  const result = expand(text, { ...options, ...more })
  return result.ok ? result.text : `error: ${result.message}`
}

describe('expand', () => {
  it.each([
    ['plain', 'plain'],
    ['$A', 'apple'],
    ['${A}', 'apple'],
    ['x${A}y$A.z', 'xappleyapple.z'],
    ['$A_', ''],
    ['$Ünï_1', 'letters'],
    ['$', '$'],
    ['a$ b', 'a$ b'],
    ['$1x', 'x'],
    ['$@x', 'x'],
    ['\\$A', '$A'],
    ['\\\\$A', '\\apple'],
    ["'$A'", '$A'],
    ["'\\'", '\\'],
    ['"$A \\$A \\" \\n \\\\"', 'apple $A " \\n \\'],
    ['a\\b\\', 'ab'],
    ['"a\'b"', "a'b"],
    ['${A:-w}', 'apple'],
    ['${A-w}', 'apple'],
    ['${NO:-w}', 'w'],
    ['${NO-w}', 'w'],
    ['${EMPTY:-w}', 'w'],
    ['${EMPTY-w}', ''],
    ['${A:+w}', 'w'],
    ['${EMPTY:+w}', ''],
    ['${EMPTY+w}', 'w'],
    ['${NO+w}', ''],
    ['${A:?w}', 'apple'],
    ['${EMPTY?w}', ''],
    ['${NO:-${NO2:-$A}}', 'apple'],
    ['${NO:-"}"}', '}'],
    ['${NO:-a\\}b}', 'a}b'],
    ['${PATHS#/usr/}', 'lib:/usr/bin'],
    ['${PATHS#*/}', 'usr/lib:/usr/bin'],
    ['${PATHS##*/}', 'bin'],
    ['${PATHS%/*}', '/usr/lib:/usr'],
    ['${PATHS%%/*}', ''],
    ['${PATHS%%:*}', '/usr/lib'],
    ['${A#?p}', 'ple'],
    ['${A#x}', 'apple'],
    ['${PATHS/usr/opt}', '/opt/lib:/usr/bin'],
    ['${PATHS//usr/opt}', '/opt/lib:/opt/bin'],
    ['${PATHS//\\//-}', '-usr-lib:-usr-bin'],
    ['${A//p}', 'error: "/" is missing at the end'],
    ['${A//p/}', 'ale'],
    ['${A//p/\\}}', 'a\\}\\}le'],
    ['${A#\\a}', 'error: the pattern cannot escape "a"'],
    ['${A#a\\*}', 'apple'],
    // Characters, not code units.
    ['${FACES#?}', '😀x'],
    ['${FACES%?}', '😀😀'],
    ['${FACES%😀x}', '😀'],
    ['${FACES//?/o}', 'ooo'],
    ['$𝐀x', 'bold'],
    ["${A//l/'$𝐀'}", 'appe'],
    // A pattern may match nothing; the replacement of // is a template.
    ['${EMPTY//*/y}', 'y'],
    ['${EMPTY/*/y}', 'y'],
    ['${A///-}', '-a-p-p-l-e-'],
    ['${A//*/y}', 'y'],
    ["${A//p/'<$0>'}", 'a<p><p>le'],
    ["${A//p/'$00$1$x$$'}", 'a$$le'],
    ["${A/p/'$0'}", 'a$0ple'],
    ['${LINES#*}', 'a\nb'],
    ['${LINES##*}', '\nb'],
    ['${LINES//?/x}', 'x\nx'],
    ['$٣x', 'x'],
    ['${NO?}', 'error: NO: must be set'],
    ['${EMPTY:?}', 'error: EMPTY: must not be empty'],
    ['${NO:?say why}', 'error: NO: say why'],
    ['${', 'error: "}" is missing after "${"'],
    ['${A', 'error: "}" is missing after "${A"'],
    ['${A:-x', 'error: "}" is missing at the end'],
    ['${}', 'error: a variable name is missing after "${"'],
    ['"$A', 'error: a double quote (") is not closed'],
    ["'x", "error: a single quote (') is not closed"],
  ])('%s -> %s', (text, expected) => {
    expect(textOf(text)).toBe(expected)
  })

  it('names the operator it does not know', () => {
    expect(textOf('${A!x}')).toContain('"!" is not an operator in "${A"')
    expect(textOf('${A:=x}')).toContain('":=" is not an operator')
  })

  it('splits at white space that is not quoted, also inside a value', () => {
    const result = expand('a  $WORDS "$WORDS" b\\ c', options)
    expect(result).toMatchObject({ words: ['a', 'one', 'two', 'one two', 'b c'] })
  })

  it('tells what was not set and had no default', () => {
    expect(expand('$A $NO ${NO2:-x}', options)).toMatchObject({ unset: ['NO'] })
  })

  it('uses the escape character of the file', () => {
    expect(textOf('c:\\dir `$A', { escape: '`' })).toBe('c:\\dir $A')
  })

  it('keeps what it is told to keep', () => {
    expect(textOf(`"$A" 'x' $NO \${NO:-y}`, { keepQuotes: true, keepUnset: true })).toBe(
      `"apple" 'x' $NO \${NO:-y}`,
    )
    expect(textOf(`it's "$A"`, { ignoreQuotes: true })).toBe(`it's "apple"`)
  })
})
