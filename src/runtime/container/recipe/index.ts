/** Writing down how a container was made and started, so that the helper can do it again by itself. Loaded when asked for. */
export { type RecipeRequest, recipeOf } from './write-recipe.ts'
