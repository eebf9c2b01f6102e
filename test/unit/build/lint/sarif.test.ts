import { expect, it } from 'vitest'
import { parseDockerfile } from '../../../../src/build/dockerfile/index.ts'
import { sarifOf } from '../../../../src/build/lint/index.ts'
import { checkText } from './check-text.ts'

const tool = { name: 'tsbuild', version: '1.2.3' }

it('has the shape that SARIF 2.1.0 asks for', async () => {
  const { findings } = await checkText('FROM scratch AS A\nUSER x\nCOPY a /\n', { own: true })
  expect(sarifOf(findings, tool)).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'tsbuild',
            version: '1.2.3',
            rules: [
              { id: 'RootOwnedCopy' },
              { id: 'StageNameCasing', helpUri: expect.stringMatching(/^https:/) },
            ],
          },
        },
        results: [
          {
            ruleId: 'StageNameCasing',
            ruleIndex: 1,
            level: 'warning',
            message: { text: expect.any(String) },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'Dockerfile' },
                  region: { startLine: 1, startColumn: 17, endLine: 1, endColumn: 18 },
                },
              },
            ],
            fixes: [
              {
                artifactChanges: [
                  { replacements: [{ deletedRegion: { startColumn: 17 }, insertedContent: { text: 'a' } }] },
                ],
              },
            ],
          },
          { ruleId: 'RootOwnedCopy', ruleIndex: 0 },
        ],
      },
    ],
  })
})

it('takes problems of a file that does not parse', async () => {
  const { diagnostics } = await parseDockerfile('FROM a\nFOO b\n', { file: 'sub dir/Dockerfile' })
  expect(sarifOf(diagnostics, tool)).toMatchObject({
    runs: [
      {
        results: [
          {
            ruleId: 'unknown-instruction',
            level: 'error',
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'sub%20dir/Dockerfile' },
                  region: { startLine: 2, startColumn: 1, endLine: 2, endColumn: 4 },
                },
              },
            ],
          },
        ],
      },
    ],
  })
})
