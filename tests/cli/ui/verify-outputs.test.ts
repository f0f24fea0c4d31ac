import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import type { VerifiedStep, VerifyReport } from '../../../cli/engine/verify/report.js'
import { annotation, verifyAnnotations, verifySummary } from '../../../cli/ui/github.js'
import { verifyJunit } from '../../../cli/ui/verify-junit.js'
import { stepReport, verdictLine } from '../../../cli/ui/verify-report.js'
import { parseXml } from '../xml.js'

const report: VerifyReport = {
  version: 1,
  bep: '0.0.0',
  seed: 7,
  services: {},
  passed: false,
  durationMs: 1500,
  projects: [
    {
      project: 'project-1',
      passed: false,
      steps: [
        {
          id: 'reference',
          verdict: 'pass',
          durationMs: 900,
          cases: [{ name: 'a & b', passed: true, outcome: '100 of 100' }],
        },
        {
          id: 'mutants',
          verdict: 'fail',
          durationMs: 500,
          cases: [
            {
              name: 'bug|one',
              passed: false,
              outcome: 'survived',
              problem: 'no check <noticed> it\n::error::forged',
              failed: [{ row: 'users', check: 'is there', message: 'no\u001b[31m' }],
            },
          ],
        },
        { id: 'subjects', verdict: 'notRun', reason: 'there is none', durationMs: 0, cases: [] },
      ],
    },
  ],
}

test('JUnit has a suite for each step, with what failed in it', () => {
  const xml = verifyJunit(report)
  parseXml(xml)
  expect(xml).toContain('<testsuite name="project-1: reference earns 100" tests="1" failures="0"')
  expect(xml).toContain('<testcase classname="project-1.reference" name="a &amp; b"/>')
  expect(xml).toContain('<failure message="survived">no check &lt;noticed&gt; it')
  expect(xml).toContain('<skipped message="there is none"/>')
})

test('an annotation is one line, whatever the texts hold', () => {
  expect(annotation('error', { title: 'a,b:c\n::x', file: 'f.ts' }, '50 %\n::error::forged')).toBe(
    '::error title=a%2Cb%3Ac%0A%3A %3Ax,file=f.ts::50 %25%0A: :error::forged\n',
  )
  const lines = verifyAnnotations(report, () => 'graders/01-task-api').split('\n')
  expect(lines.filter(line => line.startsWith('::'))).toHaveLength(1)
  expect(lines[0]).toContain('file=graders/01-task-api/mutants.ts')
})

test('the summary is one table, whatever the texts hold', () => {
  const lines = verifySummary(report).trim().split('\n')
  expect(lines[0]).toBe('### not verified project-1 (1.5 s, seed 7)')
  expect(lines.slice(2).every(line => line.startsWith('| ') || line.startsWith('|-'))).toBe(true)
  expect(lines).toHaveLength(7)
  expect(lines[5]).toContain('bug\\|one: survived')
})

test('mutants that may survive are told, and fail nothing', () => {
  const survivor = {
    name: 'users.ts:9:boundary:1',
    passed: false,
    outcome: 'survived',
    mutant: {
      file: 'users.ts',
      line: 9,
      lineText: 'if (a < 1) go()',
      rule: 'boundary',
      from: '<',
      to: '<=',
    } as const,
  }
  const step: VerifiedStep = {
    id: 'generated',
    verdict: 'pass',
    durationMs: 100,
    cases: [{ name: 'users.ts:8:call:1', passed: true, outcome: 'caught by users' }, survivor],
    rate: { made: 9, excused: 3, rejected: 2, tried: 4, caught: 3, least: 0.7, seed: 7 },
  }
  const passed = {
    ...report,
    passed: true,
    projects: [{ project: 'project-1', passed: true, steps: [step] }],
  }
  const colors = picocolors.createColors(false)
  const lines = stepReport(step, colors).split('\n')
  expect(lines[0]).toContain(
    '✓ mutants made by rule are caught  3 of 4 caught (75.0 %, at least 70.0 %); 9 made, 3 excused, 2 do not compile, 4 tried, drawn by seed 7',
  )
  expect(lines.slice(1).map(line => line.trim())).toEqual([
    'users.ts:9:boundary:1: survived',
    'if (a < 1) go()',
    '< → <=',
  ])
  expect(verdictLine({ ...passed, generated: true }, colors)).toBe(
    'caught enough mutants of project-1; nothing else was tried (1.5 s, seed 7)',
  )
  expect(verifyJunit(passed)).toContain('tests="2" failures="0" skipped="1"')
  expect(verifyAnnotations(passed, () => 'graders/01-task-api')).toMatch(/^::warning /)
})
