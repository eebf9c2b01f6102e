import { describe, expect, it } from 'vitest'
import { compileTemplate } from '../../../../src/cli/render/template.ts'

const value = {
  Id: 'sha256:abc',
  Size: 12,
  Config: { Env: ['A=1', 'B=2'], Labels: { z: '1', a: '2' }, Cmd: null },
  RepoTags: ['web:v1', 'web:v2'],
}

describe('compileTemplate', () => {
  it.each([
    ['{{.Id}} {{.Size}}', 'sha256:abc 12'],
    ['{{ .Id }}', 'sha256:abc'],
    ['{{.Id}}\\t{{.Size}}', 'sha256:abc\t12'],
    ['{{json .Config.Env}}', '["A=1","B=2"]'],
    ['{{.Config.Env}}', '[A=1 B=2]'],
    ['{{.Config.Labels}}', 'map[a:2 z:1]'],
    ['{{.Config.Cmd}}', '<no value>'],
    ['{{json .Config.Cmd}}', 'null'],
    ['{{.Config.User}}', '<no value>'],
    ['{{join .RepoTags ", "}}', 'web:v1, web:v2'],
    ['{{index .Config.Labels "z"}}', '1'],
    ['{{index .RepoTags 1}}', 'web:v2'],
    ['{{len .RepoTags}}', '2'],
    ['{{upper .Id}}', 'SHA256:ABC'],
    ['plain', 'plain'],
  ])('%s', (format, text) => expect(compileTemplate(format)(value)).toBe(text))

  it('renders the whole value', () => {
    expect(compileTemplate('{{json .}}')(value)).toBe(JSON.stringify(value))
  })

  it.each([
    '{{.Id',
    '{{foo .Id}}',
    '{{constructor .Id}}',
    '{{json}}',
    '{{json .A .B}}',
    '{{.Id | json}}',
    '{{index .X nope}}',
  ])('refuses %s', (format) => expect(() => compileTemplate(format)).toThrow('--format'))

  it('names the fields that there are', () => {
    expect(() => compileTemplate('{{.Name}}')(value)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('RepoTags') }),
    )
  })

  it('does not reach what objects inherit', () => {
    expect(compileTemplate('{{.Config.constructor}}')(value)).toBe('<no value>')
    expect(() => compileTemplate('{{.__proto__}}')(value)).toThrow('no field')
  })
})
