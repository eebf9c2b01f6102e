import type { RunInstruction } from '../dockerfile/index.ts'
import type { ExecOp } from './op-types.ts'
import { report } from './planning.ts'
import type { Step } from './step.ts'

type Devices = NonNullable<ExecOp['devices']>
type Device = Devices[number]

/** `NAME[,required]` or `name=NAME[,required[=true|false]]` of every --device. Undefined after a report. */
export const parseDevices = ({ planning }: Step, { devices, range }: RunInstruction): Devices | undefined => {
  const parsed = devices.map((text) => {
    const device = parseDevice(text)
    if (typeof device !== 'string') return device
    return report(planning, range, {
      code: 'bad-device',
      message: `expected --device=NAME[,required], found ${JSON.stringify(text)}: ${device}`,
      hint: 'NAME is a CDI name, like vendor.com/class=gpu0',
      part: { flag: 'device', value: text },
    })
  })
  const good = parsed.filter((device) => device !== undefined)
  return good.length === parsed.length ? good : undefined
}

const parseDevice = (text: string): Device | string => {
  let name = ''
  let required = false
  for (const field of text.split(',')) {
    const equals = field.indexOf('=')
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase()
    const value = equals < 0 ? 'true' : field.slice(equals + 1)
    if (key === 'required') {
      if (!/^(?:1|t|true|0|f|false)$/i.test(value)) return 'required is true or false'
      required = /^(?:1|t|true)$/i.test(value)
    } else if (key === 'name' && equals >= 0) {
      if (name !== '') return 'it has two names'
      name = value
    } else if (name === '') name = field
    else return `${JSON.stringify(field)} is none of name and required`
  }
  return name === '' ? 'it has no name' : { name, required }
}
