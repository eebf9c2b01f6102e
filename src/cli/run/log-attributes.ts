import { type Container, shortContainerId } from '../../engine/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import { compileTemplate } from '../render/template.ts'
import { goPattern } from './go-pattern.ts'

/**
 * What `logs --details` shows before every line: the labels, variables and the tag that --log-opt names, as docker encodes them.
 * Throws `bad-template` for a wrong tag.
 */
export const logAttributes = (container: Container): string => {
  const { config, life } = container.record.options
  const { driver = 'json-file', options = {} } = life?.log ?? {}
  if (driver !== 'json-file') return ''
  const variables = new Map(
    (config.Env ?? []).map((text) => {
      const [name = '', value = ''] = text.split(/=(.*)/s, 2)
      return [name, value] as const
    }),
  )
  const tag = options['tag'] ?? ''
  const found = new Map<string, string>([
    ...chosen(new Map(Object.entries(config.Labels ?? {})), options['labels'], options['labels-regex']),
    ...chosen(variables, options['env'], options['env-regex']),
    ...(tag === '' ? [] : [['tag', compileTemplate(tag)(fieldsOf(container))] as const]),
  ])
  return [...found]
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([name, value]) => `${queryEscaped(name)}=${queryEscaped(value)}`)
    .join(',')
}

/** Those of `values` whose name is listed, or matches. */
const chosen = (
  values: ReadonlyMap<string, string>,
  names: string | undefined,
  pattern: string | undefined,
): readonly (readonly [string, string])[] => {
  const listed = names === undefined ? [] : names.split(',')
  const matches = pattern ? goPattern(pattern) : undefined
  return [...values].filter(([name]) => listed.includes(name) || matches?.test(name))
}

/** As in a URL's query, with a plus for a blank. */
const queryEscaped = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** The fields that a tag may name. Docker cuts the id of an image with its prefix. */
const fieldsOf = ({ record }: Container): Readonly<Record<string, unknown>> => {
  const { id, name, image, imageId, args, created, options } = record
  return {
    ID: shortContainerId(id),
    FullID: id,
    Name: name,
    ImageID: imageId.slice(0, 12),
    ImageFullID: imageId,
    ImageName: image,
    Command: args.join(' '),
    DaemonName: 'docker',
    ContainerID: id,
    ContainerName: `/${name}`,
    ContainerImageID: imageId,
    ContainerImageName: image,
    ContainerEntrypoint: args[0] ?? '',
    ContainerArgs: args.slice(1),
    ContainerCreated: created,
    ContainerEnv: options.config.Env ?? [],
    ContainerLabels: options.config.Labels ?? {},
    Config: options.life?.log?.options ?? {},
  }
}
