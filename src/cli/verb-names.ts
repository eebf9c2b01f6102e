/** The verbs of tsbuild. */
export const tsbuildVerbNames = [
  'build',
  'context',
  'images',
  'tag',
  'rmi',
  'history',
  'inspect',
  'pull',
  'push',
  'save',
  'load',
  'import',
  'prune',
  'df',
  'fsck',
] as const
