import { type ParseError, parse } from 'jsonc-parser'
import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import { readHttpFile } from '../../../graders/kit/http-file.js'
import { blankPlaceholders, fillVariables, placeholdersIn, readPlaceholder } from './placeholders.js'

/** A request with the placeholders `{{1.id}}` still in its path, headers and body. */
export interface PlannedRequest {
  /** From `# @name login` in a request file. */
  readonly name?: string
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: { readonly kind: 'json' | 'text'; readonly text: string }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

interface WrittenRequest {
  readonly method: string
  readonly path: string
  /** Lines such as `Accept: text/plain`. */
  readonly headers?: readonly string[]
  /** Must be JSON, apart from placeholders. */
  readonly data?: string | undefined
  /** Sent whatever it is. */
  readonly raw?: string | undefined
  /** What an error calls the request. */
  readonly where: string
}

/** @throws BepError METHOD_UNKNOWN, PATH_BAD, HEADER_BAD or DATA_NOT_JSON. */
export function planRequest({
  method,
  path,
  headers = [],
  data,
  raw,
  where,
}: WrittenRequest): PlannedRequest {
  return {
    method: planMethod(method, where),
    path: planPath(path, where),
    headers: headers.map(planHeader),
    ...(data !== undefined && { body: { kind: 'json', text: checkJson(data, where) } }),
    ...(raw !== undefined && { body: { kind: 'text', text: raw } }),
  }
}

/**
 * Reads a step such as `POST /users {"name": "Ada"}`; further lines of the form `Name: value` are headers.
 * @throws BepError STEP_BAD and those of `planRequest`.
 */
export function planStep(written: string): PlannedRequest {
  const lines = written.trim().split(/\r?\n/)
  const isHeader = (line: string) => /^[\w-]+:\s/.test(line)
  const [, method, path, rest = ''] = /^(\S+)\s+(\S+)\s*(.*)$/.exec(lines[0] ?? '') ?? []
  if (method === undefined || path === undefined) {
    throw new BepError('STEP_BAD', `the step "${written}" is not \`METHOD PATH [JSON]\``, {
      fix: `Write it like this: --before 'POST /users {"name": "Ada"}'`,
    })
  }
  const further = lines.slice(1)
  const data = [rest, ...further.filter(line => !isHeader(line))].join('\n').trim()
  return planRequest({
    method,
    path,
    headers: further.filter(isHeader),
    ...(data !== '' && { data }),
    where: `the step "${lines[0]}"`,
  })
}

/**
 * Reads the requests of a request file in the format of the REST Client for VS Code; its variables are filled in,
 * and what comes before the path of a URL is left out.
 * @throws BepError HTTP_FILE_BAD and those of `planRequest`.
 */
export function planHttpFile(text: string, file: string): readonly PlannedRequest[] {
  const bad = (cause: unknown) =>
    new BepError('HTTP_FILE_BAD', `${file}: ${messageOf(cause)}`, {
      fix: 'A request is a line `METHOD URL`, header lines, an empty line and a body; `###` begins the next.',
      cause,
    })
  try {
    const { variables, requests } = readHttpFile(text)
    if (requests.length === 0) throw new Error('there is no request in it')
    const fill = (written: string) => fillVariables(written, variables)
    return requests.map(({ name, method, url, headers, body }) => {
      const type = headers.find(([header]) => header.toLowerCase() === 'content-type')?.[1] ?? 'json'
      const filled = body === undefined ? undefined : fill(body)
      return {
        ...planRequest({
          method,
          path: fill(url).replace(/^(?:https?:\/\/|\{\{)[^/]*/, ''),
          ...(filled !== undefined && { raw: filled }),
          where: `${file}: ${method} ${url}`,
        }),
        headers: headers.map(([header, value]) => [header, fill(value)] as const),
        ...(filled !== undefined && { body: { kind: /json/i.test(type) ? 'json' : 'text', text: filled } }),
        ...(name !== undefined && { name }),
      }
    })
  } catch (thrown) {
    throw thrown instanceof BepError ? thrown : bad(thrown)
  }
}

/**
 * Sees to it that every placeholder names an earlier request.
 * @throws BepError PLACEHOLDER_UNKNOWN.
 */
export function checkPlaceholders(plan: readonly PlannedRequest[]): void {
  plan.forEach((request, at) => {
    const { path, headers, body } = request
    const texts = [path, ...headers.map(([, value]) => value), body?.text ?? '']
    for (const name of texts.flatMap(placeholdersIn)) {
      const step = readPlaceholder(name)?.step
      const found = step === undefined ? -1 : stepIndex(plan, step)
      if (found >= 0 && found < at) continue
      const known = plan
        .slice(0, at)
        .map((earlier, n) => `{{${earlier.name ?? n + 1}.…}} (${titleOf(earlier)})`)
      throw new BepError(
        'PLACEHOLDER_UNKNOWN',
        `{{${name}}} in ${titleOf(request)} names no field of an earlier request`,
        {
          fix:
            known.length > 0
              ? `Write {{1.id}} for the field \`id\` of the first answer. Here can stand ${known.join(', ')}.`
              : `Send a request before it: --before 'POST /users {"name": "Ada"}', then {{1.id}} is the \`id\` of its answer.`,
        },
      )
    }
  })
}

export const titleOf = ({ method, path }: Pick<PlannedRequest, 'method' | 'path'>) => `${method} ${path}`

/** Where in the plan the request of this number (from 1) or name is; -1 where it is not. */
export function stepIndex(plan: readonly PlannedRequest[], step: string): number {
  const named = plan.findIndex(({ name }) => name === step)
  if (named >= 0 || !/^\d+$/.test(step)) return named
  return Number(step) <= plan.length ? Number(step) - 1 : -1
}

function planMethod(method: string, where: string): string {
  const upper = method.toUpperCase()
  if (methods.includes(upper)) return upper
  throw new BepError('METHOD_UNKNOWN', `"${method}" is no method of HTTP (${where})`, {
    fix: `One of these comes first: ${methods.join(', ')}. Then the path.`,
  })
}

function planPath(path: string, where: string): string {
  const wrong = !path.startsWith('/')
    ? 'does not begin with /'
    : /[^\u0021-\u007e]/.test(blankPlaceholders(path))
      ? 'has a character that must be percent-encoded'
      : path.includes('#')
        ? 'has a #, which is never sent'
        : undefined
  if (wrong === undefined) return path
  throw new BepError('PATH_BAD', `the path "${path}" ${wrong} (${where})`, {
    fix: 'Write the path and the query only, such as /users?limit=2.',
  })
}

function planHeader(line: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+.^`|~\w-]+):\s*(.*?)\s*$/.exec(line) ?? []
  if (name !== undefined && value !== undefined) return [name, value]
  throw new BepError('HEADER_BAD', `"${line}" is no header`, {
    fix: "Write it as `Name: value`, such as --header 'Authorization: Bearer {{2.accessToken}}'.",
  })
}

function checkJson(text: string, where: string): string {
  const sample = blankPlaceholders(text)
  try {
    JSON.parse(sample)
    return text
  } catch (cause) {
    const errors: ParseError[] = []
    parse(sample, errors, { disallowComments: true, allowTrailingComma: false })
    const offset = errors[0]?.offset ?? sample.length
    const before = text.slice(0, offset).split('\n')
    const rest = text.slice(offset).split('\n')[0] ?? ''
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
    const what =
      rest === '' ? 'it ends too early' : `at \`${rest.length > 20 ? `${rest.slice(0, 20)}…` : rest}\``
    throw new BepError('DATA_NOT_JSON', `the data of ${where} is not JSON: ${place}, ${what}`, {
      fix: 'Put names and texts into double quotes and the whole into single ones; --data-raw sends what is no JSON.',
      cause,
    })
  }
}
