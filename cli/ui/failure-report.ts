import type { Colors } from 'picocolors/types.js'
import type { CheckResult, Failure } from '../engine/results.js'
import { clipped, indented, printable } from './terminal-text.js'

const shownStatements = 12
const shownLogLines = 8
const shownBody = 1_200

/** The report of a failed check: the sentence, the difference, the exchange, SQL, log, first hint. */
export function failureReport(check: CheckResult, colors: Colors): string {
  const { bold, dim, red, yellow } = colors
  const parts = [`${red('✗')} ${bold(check.title)}`, `${dim('BRIEF.md:')} ${check.brief}`]
  if (check.failure) parts.push(...failureParts(check.failure, colors))
  const [hint] = check.hints
  if (hint !== undefined && check.verdict === 'fail') {
    const more = check.hints.length > 1 ? dim(` (1 of ${check.hints.length}; next: bep hint)`) : ''
    parts.push(`${yellow('Hint:')} ${hint}${more}`)
  }
  return parts.map(part => indented(part, '  ')).join('\n\n')
}

function failureParts(failure: Failure, { bold, cyan, dim, green, red }: Colors): string[] {
  const parts = [printable(failure.message.split('\n')[0] ?? '')]
  if (failure.expected !== undefined || failure.got !== undefined) {
    const [expected, got] = [failure.expected ?? 'undefined', failure.got ?? 'undefined']
    parts.push(`${green('expected')}  ${shownValue(expected)}\n${red('got')}       ${shownValue(got)}`)
  }
  if (failure.exchange) {
    const { curl, status, headers, body, failure: reason } = failure.exchange
    const lines = [`${dim('$')} ${cyan(printable(curl))}`]
    if (status === undefined) lines.push(red(printable(reason ?? 'no answer')))
    else {
      lines.push(
        `${bold(`HTTP ${status}`)}  ${dim(printable(headers?.['content-type'] ?? 'no content type'))}`,
      )
      if (headers?.location !== undefined) lines.push(dim(`location: ${printable(headers.location)}`))
      if (headers?.allow !== undefined) lines.push(dim(`allow: ${printable(headers.allow)}`))
      if (body) lines.push(printable(clipped(prettyJson(body), shownBody)))
    }
    parts.push(lines.join('\n'))
    parts.push(sqlPart(failure.statements, { bold, dim, red } as Colors))
  }
  if (failure.logs.length > 0) {
    const lines = failure.logs.slice(-shownLogLines).map(line => dim(printable(clipped(line, 300))))
    parts.push(`${bold('Log of that request')}\n${lines.join('\n')}`)
  }
  return parts
}

function sqlPart(
  statements: Failure['statements'],
  { bold, dim, red }: Pick<Colors, 'bold' | 'dim' | 'red'>,
): string {
  if (statements.length === 0) return `${bold('SQL of that request')}  ${dim('none')}`
  const lines = statements.slice(0, shownStatements).map(({ sql, params, tag, error }) => {
    const outcome = error === undefined ? dim(`→ ${tag ?? 'no answer'}`) : red(`→ ${printable(error)}`)
    const values =
      params.length > 0
        ? dim(
            `  [${params.map(value => (value === null ? 'null' : printable(clipped(value, 60)))).join(', ')}]`,
          )
        : ''
    return `${printable(clipped(sql.trim().replaceAll(/\s+/g, ' '), 400))}${values} ${outcome}`
  })
  if (statements.length > shownStatements)
    lines.push(dim(`… and ${statements.length - shownStatements} more`))
  return `${bold('SQL of that request')}\n${lines.join('\n')}`
}

/** Long values begin on a line of their own. */
function shownValue(value: string): string {
  const text = printable(clipped(value.replace(/^"(\d{3}(?: or \d{3})+)"$/, '$1'), 1_500))
  return text.includes('\n') ? `\n${indented(text, '  ')}` : text
}

function prettyJson(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
