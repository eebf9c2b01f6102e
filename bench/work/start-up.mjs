/** What a program costs before it does anything. */
const start = (program, argument, tools) => ({
  name: `start-up ${program} ${argument}`,
  tools,
  command: (tool) => tool.start(program, argument),
})

export const startUp = [
  {
    name: 'start-up node, empty',
    tools: ['tsbuild'],
    // Node 20 pays 40 ms for this variable; our launcher takes it away too.
    command: () => ({ argv: [process.execPath, '-e', ''], env: { NODE_EXTRA_CA_CERTS: undefined } }),
  },
  start('tsbuild', '--version'),
  start('tsbuild', '--help'),
  start('tsrun', '--version', ['tsbuild']),
]
