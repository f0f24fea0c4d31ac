/** One request of a `.http` file, with its variables not yet filled in. */
export interface FileRequest {
  /** From `# @name login`. */
  readonly name: string | undefined
  /** Comment lines before the request line, without their marks. */
  readonly comments: readonly string[]
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | undefined
}

/** A request file: its variables (`@name = value`) and its requests, in order. */
export interface HttpFile {
  readonly variables: ReadonlyMap<string, string>
  readonly requests: readonly FileRequest[]
}

const variableLine = /^@([\w-]+)\s*=\s*(.*)$/
const commentLine = /^(?:#|\/\/)\s*(.*)$/
const requestLine = /^([A-Z]+)\s+(\S+)(?:\s+HTTP\/[\d.]+)?$/
const headerLine = /^([\w-]+):\s*(.*)$/

/**
 * Reads a request file in the format of the REST Client for VS Code.
 * @throws Error that names the line which is none of that format's.
 */
export function readHttpFile(text: string): HttpFile {
  const variables = new Map<string, string>()
  const requests: FileRequest[] = []
  for (const part of text.replaceAll('\r\n', '\n').split(/^###.*$/m)) {
    const lines = part.split('\n')
    const comments: string[] = []
    const start = lines.findIndex(line => {
      const [, name, value = ''] = variableLine.exec(line) ?? []
      const comment = commentLine.exec(line)?.[1]
      if (name !== undefined) variables.set(name, value.trim())
      else if (comment !== undefined) comments.push(comment)
      else return line.trim() !== ''
      return false
    })
    if (start === -1) continue
    const [, method = '', url = ''] = requestLine.exec(lines[start]?.trim() ?? '') ?? []
    if (method === '') throw new Error(`a line that is no request: "${lines[start]?.trim()}"`)
    const rest = lines.slice(start + 1)
    const blank = rest.findIndex(line => line.trim() === '')
    const head = blank === -1 ? rest : rest.slice(0, blank)
    const body = blank === -1 ? '' : rest.slice(blank).join('\n').trim()
    const headers = head.map(line => {
      const [, name, value] = headerLine.exec(line.trim()) ?? []
      if (name === undefined || value === undefined) throw new Error(`a line that is no header: "${line}"`)
      return [name, value] as const
    })
    const name = comments.map(comment => /^@name\s+([\w-]+)$/.exec(comment)?.[1]).find(Boolean)
    requests.push({ name, comments, method, url, headers, body: body === '' ? undefined : body })
  }
  return { variables, requests }
}

/** Puts values in for `{{…}}`. @throws Error that names one that has none. */
export function fillIn(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replaceAll(/\{\{\s*(.*?)\s*\}\}/g, (_, name: string) => {
    const value = lookUp(name)
    if (value === undefined) throw new Error(`{{${name}}} stands for nothing`)
    return value
  })
}
