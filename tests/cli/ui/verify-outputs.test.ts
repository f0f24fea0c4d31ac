import { expect, test } from 'vitest'
import type { VerifyReport } from '../../../cli/engine/verify/report.js'
import { annotation, verifyAnnotations, verifySummary } from '../../../cli/ui/github.js'
import { verifyJunit } from '../../../cli/ui/verify-junit.js'
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
    '::error title=a%2Cb%3Ac%0A%3A%3Ax,file=f.ts::50 %25%0A::error::forged\n',
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
