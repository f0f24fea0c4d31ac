import type { GradeRecord } from '../../../../cli/engine/batch/grade-record.js'
import type { GradingSettings } from '../../../../cli/engine/batch/grading-settings.js'
import type { CheckResult, Results, RowResult } from '../../../../cli/engine/results.js'

/** Settings that change nothing. */
export const plainSettings: GradingSettings = {
  decimals: 2,
  missing: 'zero',
  extensions: [],
  disclosure: 'full',
  afterwards: 'full',
}

export const checkOf = (more: Partial<CheckResult> = {}): CheckResult => ({
  title: 'a new user gets an id',
  verdict: 'pass',
  durationMs: 12,
  brief: 'Each user has an `id`.',
  hints: ['Who makes the id?', 'The database can make it.'],
  ...more,
})

export const rowOf = (more: Partial<RowResult> = {}): RowResult => ({
  id: 'users',
  title: 'Create, read, update, delete and list users',
  kind: 'behaviour',
  points: 12,
  earned: 12,
  verdict: 'pass',
  graderVersion: 'abc',
  checks: [checkOf()],
  ...more,
})

/** A row that lost its points by one check. */
export const failedRow = (more: Partial<CheckResult> = {}): RowResult =>
  rowOf({
    id: 'tasks',
    title: 'Tasks',
    points: 8,
    earned: 0,
    verdict: 'fail',
    checks: [
      checkOf({
        title: 'a task belongs to its user',
        verdict: 'fail',
        brief: 'A task belongs to one user.',
        hints: ['Look at the foreign key.', 'It is in the migration.'],
        failure: { message: 'expected 201', expected: '201', got: '500', logs: [] },
        ...more,
      }),
    ],
  })

export const resultsOf = (rows: readonly RowResult[], more: Partial<Results> = {}): Results => ({
  version: 1,
  bep: '0.1.0',
  project: 'project-1',
  workspace: '/srv/graders/runs/s1',
  startedAt: '2026-11-20T10:00:00.000Z',
  durationMs: 4_200,
  seed: 42,
  services: { postgres: 'local 18.4' },
  isolation: 'sandbox',
  earned: rows.reduce((sum, row) => sum + row.earned, 0),
  possible: rows.reduce((sum, row) => sum + row.points, 0),
  rows: [...rows],
  ...more,
})

export const recordOf = (submission: string, more: Partial<GradeRecord> = {}): GradeRecord => ({
  version: 1,
  submission,
  student: { id: '101', name: 'Ada Lovelace', sisUserId: 'S-1', sisLoginId: 'ada', section: 'A' },
  source: `/srv/submissions/${submission}`,
  submittedAt: '2026-11-19T22:00:00.000Z',
  grader: 'g1',
  gradedAt: '2026-11-20T10:00:10.000Z',
  attempts: 1,
  outcome: 'graded',
  leftOut: [],
  results: resultsOf([rowOf(), failedRow()]),
  ...more,
})

/** A record without results: nothing could be graded. */
export function unjudged(
  submission: string,
  outcome: 'ungradable' | 'missing' | 'error',
  more: Partial<GradeRecord> = {},
): GradeRecord {
  const { results: _, ...record } = recordOf(submission)
  return { ...record, outcome, ...more }
}
