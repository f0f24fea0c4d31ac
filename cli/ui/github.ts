import picocolors from 'picocolors'
import type { VerifyReport } from '../engine/verify/report.js'
import { printable } from './terminal-text.js'
import { stepNames, summary, verdictLine } from './verify-report.js'

/**
 * An annotation of a GitHub Actions run. Nothing in the texts can end the line and begin another command.
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function annotation(
  level: 'error' | 'warning' | 'notice',
  { title, file }: { readonly title: string; readonly file?: string },
  message: string,
): string {
  const properties = Object.entries({ title, file }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${escapeData(value).replaceAll(':', '%3A').replaceAll(',', '%2C')}`],
  )
  return `::${level} ${properties.join(',')}::${escapeData(message)}\n`
}

const escapeData = (text: string) =>
  printable(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

/** An annotation for each case that failed, at the grader that it is about. */
export function verifyAnnotations({ projects }: VerifyReport, folderOf: (project: string) => string): string {
  return projects
    .flatMap(({ project, steps }) =>
      steps.flatMap(({ id, verdict, cases }) =>
        cases
          .filter(({ passed }) => !passed)
          .map(({ name, outcome, problem = '', failed = [] }) =>
            annotation(
              // Of the generated mutants a few may survive.
              verdict === 'pass' ? 'warning' : 'error',
              {
                title: `${project} · ${name}: ${outcome}`,
                ...(id === 'mutants' && { file: `${folderOf(project)}/mutants.ts` }),
              },
              [problem, ...failed.map(({ row, check, message }) => `${row}: ${check}: ${message}`)].join(
                '\n',
              ),
            ),
          ),
      ),
    )
    .join('')
}

const marks = { pass: '✅', fail: '❌', notRun: '➖' }

/** Markdown for the summary of a GitHub Actions run. */
export function verifySummary(report: VerifyReport): string {
  const rows = report.projects.flatMap(({ project, steps }) =>
    steps.map(step => {
      const { id, verdict, reason = '', cases, durationMs } = step
      const failed = cases.filter(({ passed }) => !passed).map(({ name, outcome }) => `${name}: ${outcome}`)
      const told = verdict === 'notRun' ? reason : [summary(step), ...failed].join('<br>')
      return `| ${project} | ${marks[verdict]} ${stepNames[id]} | ${cell(told)} | ${(durationMs / 1000).toFixed(1)} s |\n`
    }),
  )
  const verdict = verdictLine(report, picocolors.createColors(false))
  return `### ${cell(verdict)}\n\n| project | proof | outcome | time |\n|---|---|---|---|\n${rows.join('')}\n`
}

const cell = (text: string) => printable(text).replaceAll('|', '\\|').replaceAll('\n', ' ')
