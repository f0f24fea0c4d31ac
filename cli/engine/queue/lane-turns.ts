import type { Lane } from './queue-job.js'

/** Of four jobs, one comes from the regrade lane while both have some. */
const regradeEvery = 4

/** In which order the lanes are looked at; `took` is called for each job that was taken. */
export interface LaneTurns {
  order(): readonly [Lane, Lane]
  took(): void
}

export function openLaneTurns(): LaneTurns {
  let taken = 0
  return {
    order: () => (taken % regradeEvery === regradeEvery - 1 ? ['regrade', 'new'] : ['new', 'regrade']),
    took: () => {
      taken += 1
    },
  }
}
