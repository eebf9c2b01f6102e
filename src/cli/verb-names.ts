/** The verbs of tsbuild. */
export const tsbuildVerbNames = [
  'build',
  'images',
  'tag',
  'rmi',
  'history',
  'inspect',
  'save',
  'load',
  'import',
  'prune',
  'df',
] as const
