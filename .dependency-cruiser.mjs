// The import rule of ARCHITECTURE.md, checked by `npm run deps`.
const ground = ['foundation/oci', 'foundation/errors', 'foundation/events', 'foundation/filetree']
const disk = [...ground, 'foundation/sys']
const rooms = {
  'foundation/errors': [],
  'foundation/oci': ['foundation/errors'],
  'foundation/events': ['foundation/errors', 'foundation/oci'],
  'foundation/filetree': ['foundation/oci', 'foundation/errors'],
  'foundation/sys': ground,
  'foundation/native': disk,
  'store/content': disk,
  'store/records': disk,
  'store/layer': [...disk, 'foundation/native', 'store/content'],
  'store/snapshot': [...disk, 'foundation/native', 'store/content', 'store/records', 'store/layer'],
  'store/cache-mounts': [...disk, 'store/content'],
  'store/image': [...disk, 'store/content', 'store/records', 'store/snapshot'],
  'store/archive': [...disk, 'store/content', 'store/layer', 'store/snapshot', 'store/image'],
  'runtime/bundle': ground,
  'runtime/cgroup': disk,
  'runtime/network': [...disk, 'foundation/native'],
  'runtime/container': [
    ...disk,
    'foundation/native',
    'store/records',
    'store/snapshot',
    'store/image',
    'runtime/bundle',
    'runtime/cgroup',
    'runtime/network',
  ],
  'build/source-url': ground,
  'build/dockerfile': ground,
  'build/context': [...disk, 'foundation/native'],
  'build/graph': [...ground, 'build/dockerfile', 'build/source-url'],
  'build/lint': [...ground, 'build/dockerfile'],
  'build/solver': [...disk, 'build/graph'],
  'build/archive': [...disk, 'store/layer'],
  'build/remote': [...disk, 'store/content', 'store/records', 'build/source-url'],
  'build/ops': [
    ...disk,
    'foundation/native',
    'store/content',
    'store/records',
    'store/layer',
    'store/snapshot',
    'store/cache-mounts',
    'store/image',
    'runtime/bundle',
    'runtime/cgroup',
    'runtime/network',
    'build/graph',
    'build/solver',
    'build/context',
    'build/source-url',
    'build/remote',
  ],
}
const pure = [
  'foundation/filetree',
  'foundation/oci',
  'foundation/errors',
  'foundation/events',
  'runtime/bundle',
  'build/source-url',
  'build/dockerfile',
  'build/graph',
  'build/lint',
]
const packages = {
  'dockerfile-ast': 'build/dockerfile',
  'tar-stream': 'store/archive',
  'sha.js': 'foundation/oci',
  ignore: 'build/context',
  '@zip.js/zip.js': 'build/archive',
  commander: 'cli',
  ora: 'cli',
}
const rule = (name, from, to, comment = name) => ({ name, comment, severity: 'error', from, to })

export default {
  forbidden: [
    ...Object.entries(rooms).map(([room, to]) =>
      rule(
        `room-${room.replace('/', '-')}`,
        { path: `^src/${room}/` },
        { path: '^src/', pathNot: `^src/(${[room, ...to].join('|')})/` },
        `${room} may import only: ${to.join(', ')}`,
      ),
    ),
    ...Object.entries(packages).map(([name, room]) =>
      rule(
        `only-${room.replace('/', '-')}-uses-${name}`,
        { path: '^src/', pathNot: `^src/${room}/` },
        { path: `node_modules/${name}/` },
      ),
    ),
    rule('engine-not-to-cli', { path: '^src/engine/' }, { path: '^src/cli/' }),
    rule(
      'cli-only-to-engine',
      { path: '^src/cli/' },
      { path: '^src/', pathNot: '^src/(cli|engine|foundation)/' },
    ),
    rule(
      'rooms-by-their-door',
      { path: '^src/((?:foundation|store|build|runtime)/[^/]+|cli|engine)/' },
      { path: '^src/', pathNot: '^src/($1/|(?:(?:foundation|store|build|runtime)/)?[^/]+/index[.]ts$)' },
      'a room is entered by its index.ts only',
    ),
    rule(
      'pure-rooms-no-io',
      { path: `^src/(${pure.join('|')})/` },
      { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|path|util)(/|$)' },
    ),
    rule(
      'spawn-in-two-places',
      { path: '^src/', pathNot: '^src/foundation/(sys/process|native/launch)[.]ts$' },
      { path: '^(node:)?child_process$' },
    ),
    rule('src-not-to-test', { path: '^src/' }, { path: '^(test|bench)/' }),
    rule('no-cycles', {}, { circular: true }),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
