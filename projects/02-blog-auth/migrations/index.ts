import * as blog from './0001-blog.js'

/** In the order of their names. */
export const migrations = { '0001-blog': blog }
