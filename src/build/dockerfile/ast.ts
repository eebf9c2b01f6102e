// A module of our own between us and the package: `import()` of CommonJS gives its names under Node but not in the bundle.
export { DockerfileParser, JSONInstruction, ModifiableInstruction } from 'dockerfile-ast'
