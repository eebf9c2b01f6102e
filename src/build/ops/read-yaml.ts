/** Loaded when a spec is written in YAML: few are, and the parser is large. */
export { parse as parseYaml } from 'yaml'
