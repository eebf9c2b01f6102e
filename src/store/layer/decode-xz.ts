import xz from 'xz-decompress'
import { InternalError } from '../../foundation/errors/index.ts'
import { badLayer, LayerError } from './layer-error.ts'

/** What the package's WebAssembly gives out; its own stream class cannot say that the data is cut off. */
interface Decoder {
  readonly memory: { readonly buffer: ArrayBuffer }
  create_context(): number
  destroy_context(context: number): void
  /** `size` bytes have been put into the input buffer; 0 says that no more will come. */
  supply_input(context: number, size: number): void
  /** Result code of XZ Embedded. */
  get_next_output(context: number): number
}

/** Words of a context. */
const word = { bufferSize: 0, input: 1, inputPosition: 2, inputSize: 3, output: 4, outputPosition: 5 }

const result = { ok: 0, end: 1, unsupportedCheck: 2, memory: 3, memoryLimit: 4, options: 6 }

/**
 * xz: any number of streams and blocks, dictionaries of up to 64 MiB (`xz -9`). Throws `bad-layer`, `layer-too-large` for larger
 * dictionaries.
 */
export async function* decodeXz(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = await loadDecoder()
  const context = decoder.create_context()
  try {
    const words = (): Uint32Array => new Uint32Array(decoder.memory.buffer, context)
    const bufferSize = words()[word.bufferSize] ?? 0
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += bufferSize) {
        const piece = chunk.subarray(at, at + bufferSize)
        new Uint8Array(decoder.memory.buffer, words()[word.input], piece.length).set(piece)
        decoder.supply_input(context, piece.length)
        yield* outputs(decoder, context)
      }
    }
    decoder.supply_input(context, 0)
    if (!(yield* outputs(decoder, context))) throw badLayer('xz data is damaged: it is cut off')
  } finally {
    decoder.destroy_context(context)
  }
}

/** Everything that the input so far gives; whether that is known to be all. */
function* outputs(decoder: Decoder, context: number): Generator<Uint8Array, boolean, undefined> {
  for (;;) {
    const code = decoder.get_next_output(context)
    const words = new Uint32Array(decoder.memory.buffer, context)
    const size = words[word.outputPosition] ?? 0
    if (size > 0) yield new Uint8Array(decoder.memory.buffer, words[word.output], size).slice()
    new Uint32Array(decoder.memory.buffer, context)[word.outputPosition] = 0
    if (code === result.end) return true
    if (code !== result.ok && code !== result.unsupportedCheck) throw failed(code)
    const wantsInput = words[word.inputPosition] === words[word.inputSize]
    if (wantsInput && size < (words[word.bufferSize] ?? 0)) return false
  }
}

const failed = (code: number): LayerError => {
  if (code === result.memory || code === result.memoryLimit) {
    return new LayerError('layer-too-large', 'decompress: an xz dictionary larger than 64 MiB', {
      hint: 'compress it again with xz -9 or less',
    })
  }
  if (code === result.options) {
    return new LayerError(
      'unsupported-compression',
      'decompress: an xz filter or checksum that cannot be read here',
      {
        hint: 'compress it again with plain xz: no --x86 and the like, no --check=sha256',
      },
    )
  }
  return badLayer(`xz data is damaged (code ${code})`)
}

/** The package makes one instance and keeps it; its types speak of the stream class only. */
const loadDecoder = async (): Promise<Decoder> => {
  const stream = xz.XzReadableStream
  if (Reflect.get(stream, '_moduleInstance') === undefined) {
    await Reflect.apply(functionOf(stream, '_getModuleInstance'), stream, [])
  }
  const exported: unknown = Reflect.get(Object(Reflect.get(stream, '_moduleInstance')), 'exports')
  if (isDecoder(exported)) return exported
  throw new InternalError('xz-decompress has another shape than expected')
}

const functionOf = (holder: object, name: string): (() => unknown) => {
  const found: unknown = Reflect.get(holder, name)
  if (isFunction(found)) return found
  throw new InternalError(`xz-decompress has no ${name}`)
}

const isFunction = (value: unknown): value is () => unknown => typeof value === 'function'

const isDecoder = (value: unknown): value is Decoder =>
  typeof value === 'object' &&
  value !== null &&
  ['create_context', 'destroy_context', 'supply_input', 'get_next_output'].every((name) =>
    isFunction(Reflect.get(value, name)),
  )
