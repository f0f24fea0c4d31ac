/** An arrow of a Mermaid `sequenceDiagram`. */
export interface Message {
  readonly from: string
  readonly to: string
  readonly dashed: boolean
  readonly text: string
}

// Actors are words, possibly with spaces or dashes, up to the arrow; `+` and `-` (de)activate the receiver.
const messageLine = /^([^:;]+?)\s*(<<)?(--?)(>>|>|x|\))\s*[+-]?\s*([^:;+-][^:;]*?)\s*:\s*(.*)$/
const participantLine = /^(?:create\s+)?(?:participant|actor)\s+(.+?)(?:\s+as\s+.+)?$/
const openingLine = /^(?:loop|alt|opt|par|critical|break|rect|box)\b/
const middleLine = /^(?:else|and|option)\b/
const otherLine =
  /^(?:activate\s+\S.*|deactivate\s+\S.*|destroy\s+\S.*|autonumber\b.*|title\b.*|accTitle\b.*|accDescr\b.*|links?\b.*|[Nn]ote\s+(?:left of|right of|over)\s+[^:]+:.*)$/

/**
 * Reads every `sequenceDiagram` among the Mermaid code blocks of a Markdown text: the messages of each, in order.
 * @throws Error that names the line which is not Mermaid, or says that there is no diagram.
 * @see https://mermaid.js.org/syntax/sequenceDiagram.html
 */
export function readSequenceDiagrams(markdown: string): readonly (readonly Message[])[] {
  const blocks = [...markdown.matchAll(/^```mermaid[^\n]*\n(.*?)^```/gms)].map(match => match[1] ?? '')
  const sources = blocks.filter(block => /^\s*sequenceDiagram\s*$/m.test(block))
  if (sources.length === 0) throw new Error('there is no ```mermaid block with a sequenceDiagram')
  return sources.map(readMessages)
}

function readMessages(source: string): readonly Message[] {
  const messages: Message[] = []
  let open = 0
  const lines = source.slice(source.indexOf('sequenceDiagram') + 'sequenceDiagram'.length).split('\n')
  for (const raw of lines) {
    const line = raw.replace(/%%.*$/, '').trim().replace(/;$/, '')
    if (line === '') continue
    if (openingLine.test(line)) {
      open += 1
    } else if (line === 'end') {
      open -= 1
      if (open < 0) throw new Error('the sequenceDiagram has an `end` that closes nothing')
    } else if (middleLine.test(line)) {
      if (open === 0) throw new Error(`the sequenceDiagram has "${line}" outside any block`)
    } else if (!participantLine.test(line) && !otherLine.test(line)) {
      const message = messageLine.exec(line)
      if (!message) throw new Error(`the sequenceDiagram has a line that is no message: "${line}"`)
      const [, from = '', , dashes = '', , to = '', text = ''] = message
      messages.push({ from, to, dashed: dashes === '--', text: text.trim() })
    }
  }
  if (open > 0) throw new Error('the sequenceDiagram has a block without `end`')
  return messages
}
