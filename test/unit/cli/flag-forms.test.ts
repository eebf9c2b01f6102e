import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { plainFlags } from '../../../src/cli/flag-forms.ts'

const command = new Command()
  .option('-t, --tag <name>')
  .option('-d, --detach')
  .option('-i, --interactive')
  .option('--pull')
  .option('--no-cache')
  .option('-e, --env <name>')

describe('the forms of flags that docker takes', () => {
  it.each([
    [
      ['-t=app', '.'],
      ['-t', 'app', '.'],
    ],
    [['-t='], ['-t', '']],
    [['-ide=A=b'], ['-ide', 'A=b']],
    [['-tapp'], ['-tapp']],
    [
      ['-t', '-t=x'],
      ['-t', '-t=x'],
    ],
    [
      ['--tag', '--pull=false'],
      ['--tag', '--pull=false'],
    ],
    [['--tag=x=y'], ['--tag=x=y']],
    [
      ['--pull=true', '--no-cache=1'],
      ['--pull', '--no-cache'],
    ],
    [['--pull=false', '--no-cache=F', '.'], ['.']],
    [['--pull=perhaps'], ['--pull=perhaps']],
    [['-d=true'], ['-d']],
    [['-id=false'], ['-i']],
    [['-d=0'], []],
    [
      ['-x=1', '--what=false'],
      ['-x=1', '--what=false'],
    ],
    [
      ['--', '-t=app'],
      ['--', '-t=app'],
    ],
    [
      ['.', '-t=app'],
      ['.', '-t', 'app'],
    ],
    [
      ['-', '-t=app'],
      ['-', '-t', 'app'],
    ],
  ])('%j is %j', (given, plain) => {
    expect(plainFlags(given, command, false)).toEqual(plain)
  })

  it("leaves a container's own command line alone", () => {
    const words = ['-e', 'A', '-d=true', 'image', 'tar', '-t=x', '--pull=false']
    expect(plainFlags(words, command, true)).toEqual([
      '-e',
      'A',
      '-d',
      'image',
      'tar',
      '-t=x',
      '--pull=false',
    ])
  })
})
