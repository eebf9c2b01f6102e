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
    ['{{json .Config.Env}}', '["A=1","B=2"]'],
    ['{{.Config.Env}}', '[A=1 B=2]'],
    ['{{.Config.Labels}}', 'map[a:2 z:1]'],
    ['{{.Config.Cmd}}', '[]'],
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
    '{{if .Id}}',
    '{{end}}',
    '{{range .A}}{{else}}{{else}}{{end}}',
    '{{(.Id}}',
    '{{.Id | }}',
    '{{index .X nope}}',
  ])('refuses %s', (format) => expect(() => compileTemplate(format)).toThrow('--format'))

  it.each([
    '{{json}}',
    '{{json .Id .Size}}',
    '{{.Id.More}}',
    '{{index .RepoTags 2}}',
    '{{$x}}',
    '{{lt 1 "a"}}',
    '{{.Size 1}}',
    '{{range .Size}}{{end}}',
    '{{template "none"}}',
    '{{define "t"}}{{template "t" .}}{{end}}{{template "t" .}}',
  ])('cannot render %s', (format) => expect(() => compileTemplate(format)(value)).toThrow('--format'))

  it.each([
    ['{{range .RepoTags}}{{println .}}{{end}}', 'web:v1\nweb:v2\n'],
    ['{{range $i, $tag := .RepoTags}}{{if $i}}, {{end}}{{$tag}}{{end}}', 'web:v1, web:v2'],
    ['{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}', 'a=2;z=1;'],
    ['{{range .Config.Cmd}}x{{else}}none{{end}}', 'none'],
    ['{{range .RepoTags}}{{if eq . "web:v2"}}{{break}}{{end}}{{.}}{{$.Size}}{{end}}', 'web:v112'],
    ['{{range .RepoTags}}{{if eq . "web:v1"}}{{continue}}{{end}}{{.}}{{end}}', 'web:v2'],
    ['{{with .Config.User}}x{{else}}nobody{{end}}{{with .Id}}{{.}}{{end}}', 'nobodysha256:abc'],
    ['{{if and .Id (gt .Size 3) (not .Config.Cmd)}}a{{else if true}}b{{end}}', 'a'],
    ['{{if .Config.Cmd}}a{{else if eq 1 2}}b{{else}}c{{end}}', 'c'],
    ['{{$x := 1}}{{range .RepoTags}}{{$x = .}}{{end}}{{$x}}', 'web:v2'],
    ['{{(index .RepoTags 0) | upper | printf "%s|%q"}}', 'WEB:V1|%!q(MISSING)'],
    ['{{printf "%-4s|%4d|%04d|%x|%v|%%" "a" 5 -7 255 .RepoTags}}', 'a   |   5|-007|ff|[web:v1 web:v2]|%'],
    ['a {{- " b " -}} c{{/* nothing */}}', 'a b c'],
    ['{{"a\\tb"}}{{`raw\\n`}}', 'a\tbraw\\n'],
    ['{{define "t"}}<{{.}}>{{end}}{{template "t" .Size}}', '<12>'],
    [
      '{{split "a,b" ","}} {{title "some words"}} {{truncate "abc" 2}} {{slice "abc" 1}}',
      '[a b] Some Words ab bc',
    ],
    ['{{index .Config.Labels "none"}}|{{.Config.Labels.none}}', '|<no value>'],
    ['a\\tb', 'a\\tb'],
  ])('renders %s', (format, text) => expect(compileTemplate(format)(value)).toBe(text))

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
