import type { Colors } from 'picocolors/types.js'
import type { CheckResult, Failure } from '../engine/results.js'
import { clipped, indented, printable } from './terminal-text.js'

const shownCommands = 12
const serviceTitles = { mongodb: 'MongoDB', redis: 'Redis' }
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

function failureParts(failure: Failure, colors: Colors): string[] {
  const { bold, cyan, dim, green, red } = colors
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
    if (failure.statements) parts.push(servicePart('SQL', failure.statements.map(sqlLine), colors))
    for (const [service, title] of Object.entries(serviceTitles)) {
      const sent = failure.commands?.filter(command => command.service === service)
      // That Redis was not asked is news; a project may well have no MongoDB.
      if (sent && (sent.length > 0 || service === 'redis'))
        parts.push(servicePart(`${title} commands`, sent.map(commandLine), colors))
    }
  }
  if (failure.logs.length > 0) {
    const lines = failure.logs.slice(-shownLogLines).map(line => dim(printable(clipped(line, 300))))
    parts.push(`${bold('Log of that request')}\n${lines.join('\n')}`)
  }
  return parts
}

/** One line of what a service was sent. */
interface ServiceLine {
  readonly text: string
  readonly values: string
  readonly outcome: string
  readonly failed: boolean
}

function servicePart(what: string, sent: readonly ServiceLine[], { bold, dim, red }: Colors): string {
  if (sent.length === 0) return `${bold(`${what} of that request`)}  ${dim('none')}`
  const lines = sent.slice(0, shownCommands).map(({ text, values, outcome, failed }) => {
    const end = failed ? red(`→ ${outcome}`) : dim(`→ ${outcome}`)
    return `${text}${values === '' ? '' : dim(values)} ${end}`
  })
  if (sent.length > shownCommands) lines.push(dim(`… and ${sent.length - shownCommands} more`))
  return `${bold(`${what} of that request`)}\n${lines.join('\n')}`
}

function sqlLine({ sql, params, tag, error }: NonNullable<Failure['statements']>[number]): ServiceLine {
  const values = params.map(value => (value === null ? 'null' : printable(clipped(value, 60))))
  return {
    text: printable(clipped(sql.trim().replaceAll(/\s+/g, ' '), 400)),
    values: values.length > 0 ? `  [${values.join(', ')}]` : '',
    outcome: printable(error ?? tag ?? 'no answer'),
    failed: error !== undefined,
  }
}

function commandLine({ command, args, reply, error }: NonNullable<Failure['commands']>[number]): ServiceLine {
  const text = args.map(arg => (/[\s"]/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')
  return {
    text: printable(command),
    values: args.length > 0 ? ` ${printable(clipped(text, 300))}` : '',
    outcome: printable(clipped(error ?? reply ?? 'no answer', 120)),
    failed: error !== undefined,
  }
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
