import * as usersAndTasks from './0001-users-and-tasks.js'

/** In the order of their names. */
export const migrations = { '0001-users-and-tasks': usersAndTasks }
