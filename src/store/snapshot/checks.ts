/** The checks of this room, in one door. */
export { type CompressedCheck, checkCompressed } from './check-compressed.ts'
export { checkLayers, type LayerCheck } from './check-layers.ts'
export { checkWork } from './check-work.ts'
export { parseCompressedForms } from './compressed-forms.ts'
export { parseLayerId, parseStoredLayer } from './layer-record.ts'
export { readOwnedStack } from './owned-state.ts'
