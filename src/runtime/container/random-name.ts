import { randomBelow } from '../../foundation/sys/index.ts'

const adjectives =
  'able agile airy amber ample azure bold brave breezy bright brisk calm candid clever cosy crisp curious daring dapper eager early easy fair fancy fleet fond frank fresh gentle giddy glad golden grand happy hardy honest humble jolly keen kind lively lucid lucky mellow merry mild modest neat nimble noble patient placid plucky polite proud prompt quick quiet rapid ready rosy serene sharp shiny silver smart snug sober solid spry steady sunny swift tidy tranquil trusty vivid warm wise witty zesty'
const nouns =
  'acorn anchor aspen badger beacon beaver birch bison breeze brook canyon cedar cliff clover comet coral crane creek cypress dawn delta dolphin dune eagle ember falcon fern finch fjord forest fox garnet geyser glacier grove gull harbor hazel heron ibis island ivy jasper juniper kestrel lagoon lark laurel lichen lynx magpie maple marten meadow mesa moose moss nebula oak orchid osprey otter panda pebble pelican pine plover pond prairie quartz quail raven reef ridge river robin salmon sparrow spruce summit swan thistle thrush tundra valley walnut willow wren'

/** Of which names are made, with blanks between. */
export const nameWords = { first: adjectives, second: nouns }

/** `nimble_otter`; with `attempt` > 0, when names were taken, a digit is added. */
export const randomName = (attempt = 0): string => {
  const pick = (text: string): string => {
    const words = text.split(' ')
    return words[randomBelow(words.length)] ?? 'box'
  }
  return `${pick(adjectives)}_${pick(nouns)}${attempt > 0 ? randomBelow(10 ** Math.min(attempt, 6)) : ''}`
}
