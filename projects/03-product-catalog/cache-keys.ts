import type { ObjectId } from 'mongodb'

export const productKey = (id: ObjectId) => `product:${id}`

/** Its text is part of the key of every facets answer; drop it when any of them may have changed. */
export const facetsGeneration = 'facets'
