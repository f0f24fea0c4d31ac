import { expect, test } from 'vitest'
import type { Judge } from '../../../../../cli/engine/verify/generated/judges.js'
import { openPanels } from '../../../../../cli/engine/verify/generated/panel.js'

const [one, two] = [{ LAYER: 'one' }, { LAYER: 'two' }]

/** A judge whose checks make run what is before `end`, in so many functions. */
function judge(id: string, settings: Judge['settings'], { end = 9, functions = 1, durationMs = 1 }): Judge {
  return {
    row: { id, title: id, points: 10, kind: 'behaviour' },
    settings,
    durationMs,
    reach: { reaches: (file, offset) => file === 'app.js' && offset < end, functionsOf: () => functions },
  }
}

test('rows that do not make a place run do not judge it', () => {
  const panels = openPanels([judge('users', one, { end: 5 }), judge('tasks', one, {})])
  expect(panels.at({ file: 'app.js', offset: 3 })).toEqual([{ settings: one, rows: ['users', 'tasks'] }])
  expect(panels.at({ file: 'app.js', offset: 7 })).toEqual([{ settings: one, rows: ['tasks'] }])
  expect(panels.at({ file: 'app.js', offset: 9 })).toEqual([])
})

test('the variant that runs most of the file comes first', () => {
  const panels = openPanels([judge('users', one, {}), judge('users', two, { functions: 3 })])
  expect(panels.at({ file: 'app.js', offset: 0 }).map(({ settings }) => settings)).toEqual([two, one])
})

test('the row that caught most in the file comes first, then the quickest', () => {
  const panels = openPanels([
    judge('slow', one, { durationMs: 30 }),
    judge('quick', one, { durationMs: 10 }),
    judge('good', one, { durationMs: 90 }),
  ])
  panels.note('good', 'app.js')
  panels.note('slow', 'other.js')
  expect(panels.at({ file: 'app.js', offset: 0 })[0]?.rows).toEqual(['good', 'quick', 'slow'])
})
