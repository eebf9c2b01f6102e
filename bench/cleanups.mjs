import { cleaning } from './command.mjs'

/**
 * What has to be undone, the last first. One that fails is told and does not keep the others from being done.
 */
export const cleanups = (note) => {
  const actions = []
  return {
    defer: (action) => actions.push(action),
    run: async () => {
      for (const action of actions.splice(0).reverse()) {
        try {
          await cleaning(action)
        } catch (error) {
          note(`cleaning up: ${error.message}`)
        }
      }
    },
  }
}
