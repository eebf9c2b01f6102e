import { expect, test } from 'vitest'
import { logAttributes } from '../../../../src/cli/run/log-attributes.ts'
import type { Container } from '../../../../src/engine/index.ts'

const container = (options: Readonly<Record<string, string>>, driver = 'json-file'): Container =>
  ({
    record: {
      id: 'a'.repeat(64),
      name: 'web',
      image: 'app:1',
      imageId: `sha256:${'b'.repeat(64)}`,
      args: ['sleep', '1'],
      options: {
        config: {
          Env: ['COLOR=red', 'COUNT=2', 'ODD=x y,z=1&(*)', 'EMPTY='],
          Labels: { size: 'big', side: 'left' },
        },
        life: { log: { driver, options } },
      },
    },
  }) as unknown as Container

test.each([
  [{}, ''],
  [{ env: 'COLOR', labels: 'size' }, 'COLOR=red,size=big'],
  [{ 'env-regex': '^CO', 'labels-regex': '^si' }, 'COLOR=red,COUNT=2,side=left,size=big'],
  [{ env: 'ODD,EMPTY,MISSING' }, 'EMPTY=,ODD=x+y%2Cz%3D1%26%28%2A%29'],
  [{ tag: '{{.Name}}/{{.ID}}' }, 'tag=web%2Faaaaaaaaaaaa'],
  [{ tag: '{{.ImageName}} {{.ContainerName}}' }, 'tag=app%3A1+%2Fweb'],
  [{ tag: '' }, ''],
] as const)('%j gives %s', (options, text) => {
  expect(logAttributes(container(options))).toBe(text)
})

test('the local driver keeps none', () => {
  expect(logAttributes(container({ env: 'COLOR' }, 'local'))).toBe('')
})

test('a wrong tag is told', () => {
  expect(() => logAttributes(container({ tag: '{{.Nope}}' }))).toThrow(
    expect.objectContaining({ code: 'bad-template' }),
  )
})
