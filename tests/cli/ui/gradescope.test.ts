import { expect, test } from 'vitest'
import { z } from 'zod'
import type { GradeRecord } from '../../../cli/engine/batch/grade-record.js'
import type { Disclosure, GradingSettings } from '../../../cli/engine/batch/grading-settings.js'
import { markClass } from '../../../cli/engine/batch/mark.js'
import { studentResult } from '../../../cli/engine/batch/student-result.js'
import { gradescopeResults } from '../../../cli/ui/gradescope.js'
import { failedRow, plainSettings, recordOf, resultsOf, rowOf, unjudged } from '../engine/batch/records.js'

const visibility = z.enum(['hidden', 'after_due_date', 'after_published', 'visible'])
const format = z.enum(['text', 'html', 'simple_format', 'md', 'ansi'])
/**
 * What Gradescope documents.
 * @see https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
 */
const documented = z
  .strictObject({
    score: z.number().optional(),
    execution_time: z.number().optional(),
    output: z.string().optional(),
    output_format: format.optional(),
    test_output_format: format.optional(),
    test_name_format: format.optional(),
    visibility: visibility.optional(),
    stdout_visibility: visibility.optional(),
    extra_data: z.looseObject({}).optional(),
    tests: z
      .array(
        z.strictObject({
          score: z.number().optional(),
          max_score: z.number().optional(),
          status: z.enum(['passed', 'failed']).optional(),
          name: z.string().optional(),
          name_format: format.optional(),
          number: z.string().optional(),
          output: z.string().optional(),
          output_format: format.optional(),
          tags: z.array(z.string()).optional(),
          visibility: visibility.optional(),
          extra_data: z.looseObject({}).optional(),
        }),
      )
      .optional(),
  })
  .refine(({ score, tests = [] }) => score !== undefined || tests.some(one => one.score !== undefined))

function resultOf(
  record: GradeRecord,
  settings: Partial<GradingSettings> = {},
  disclosure: Disclosure = 'full',
): z.infer<typeof documented> | undefined {
  const [entry] = markClass([record], { ...plainSettings, ...settings }).entries
  const result = entry && gradescopeResults(studentResult(entry, { disclosure }), entry.mark, 7)
  return result && documented.parse(result)
}

test('a test for each row, and a total', () => {
  expect(resultOf(recordOf('ada'))).toEqual({
    score: 12,
    execution_time: 7,
    output_format: 'text',
    test_output_format: 'text',
    test_name_format: 'text',
    visibility: 'visible',
    stdout_visibility: 'hidden',
    tests: [
      {
        ...{ score: 12, max_score: 12, status: 'passed', number: '1', visibility: 'visible' },
        name: 'users: Create, read, update, delete and list users',
        output: '✓ a new user gets an id',
      },
      {
        ...{ score: 0, max_score: 8, status: 'failed', number: '2', visibility: 'visible' },
        name: 'tasks: Tasks',
        output: expect.stringMatching(/✗ a task belongs to its user[\s\S]*Hint: Look at the foreign key\.\n/),
      },
    ],
  })
})

test.each(['full', 'names', 'rows', 'hidden'] as const)(
  'with disclosure %s it is as documented',
  disclosure => {
    const result = resultOf(recordOf('ada'), {}, disclosure)
    expect(result?.score).toBe(12)
    if (disclosure === 'hidden')
      expect(result).toEqual({
        ...{ score: 12, execution_time: 7, output_format: 'text', test_output_format: 'text' },
        ...{ test_name_format: 'text', visibility: 'after_published', stdout_visibility: 'hidden' },
        tests: [{ score: 12, max_score: 20, name: 'Result', number: '1', visibility: 'after_published' }],
      })
  },
)

test('the tests are in the scale of the assignment, and the total has lateness in it', () => {
  const late = {
    ...{ due: new Date('2026-11-18T12:00Z'), graceMinutes: 0, percent: 10, per: 'day' as const },
    maximumPercent: 100,
  }
  const result = resultOf(recordOf('ada'), { points: 10, late })
  expect(result).toMatchObject({
    score: 4.8,
    tests: [
      { score: 6, max_score: 6 },
      { score: 0, max_score: 4 },
    ],
  })
  expect(result?.output).toBe('Late by 1 d 10 h (due 2026-11-18T12:00:00.000Z): 20 % less.')
})

test('what is hidden says nothing of lateness either', () => {
  const late = {
    ...{ due: new Date('2026-11-18T12:00Z'), graceMinutes: 0, percent: 10, per: 'day' as const },
    maximumPercent: 100,
  }
  expect(resultOf(recordOf('ada'), { late }, 'hidden')).not.toHaveProperty('output')
})

test('an app that does not start gets 0 of the same points as all others', () => {
  const speed = rowOf({
    id: 'performance',
    kind: 'performance',
    points: 5,
    earned: 0,
    verdict: 'fail',
    checks: [],
  })
  const lost = failedRow({})
  const result = resultOf(
    recordOf('ada', {
      results: resultsOf([{ ...lost, checks: [] }, speed], {
        problem: { code: 'APP_EXITED', message: 'it ended at once' },
      }),
    }),
  )
  expect(result).toMatchObject({ score: 0, output: 'it ended at once', tests: [{ max_score: 8 }] })
  expect(result?.tests).toHaveLength(1)
  expect(result?.tests?.[0]).not.toHaveProperty('output')
})

test('what cannot be graded gets 0; an error of ours has no result that could pass for a mark', () => {
  const problem = { code: 'INSTALL_FAILED', message: 'npm failed' }
  expect(resultOf(unjudged('ada', 'ungradable', { problem }))).toMatchObject({
    score: 0,
    output: 'It could not be graded.\nnpm failed',
  })
  expect(resultOf(unjudged('ada', 'error', { problem }))).toBeUndefined()
})
