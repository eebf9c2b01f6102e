import { expect, it } from 'vitest'
import { byTreeOrder } from '../../../../src/store/layer/index.ts'

it('puts a directory before its descendants and these before its next sibling', () => {
  const paths = ['b', 'a-b', 'a/b/c', 'a', '', 'a/b', 'a.d/x', 'a.d', 'a!', 'B', 'é']
  expect(paths.sort(byTreeOrder)).toEqual([
    '',
    'B',
    'a',
    'a/b',
    'a/b/c',
    'a!',
    'a-b',
    'a.d',
    'a.d/x',
    'b',
    'é',
  ])
})
