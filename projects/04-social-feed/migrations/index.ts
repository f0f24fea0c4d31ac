import * as socialFeed from './0001-social-feed.js'

/** In the order of their names. */
export const migrations = { '0001-social-feed': socialFeed }
