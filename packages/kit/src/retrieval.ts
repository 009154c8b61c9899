/**
 * What a caller may see of documents, as a filter for the search that feeds a model. No dependency.
 *
 * @module @sealgate/kit/retrieval
 */
export {
  type SqlCondition,
  type VectorizeFilter,
  type Visibility,
  visibleTo,
} from './retrieval/visible-to.ts'
