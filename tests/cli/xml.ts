interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

const token = /<\?xml [^?]*\?>|<(\/?)([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy

/** The elements of a document in order. Throws where it is not well-formed (of what JUnit reports use). */
export function parseXml(text: string): readonly XmlElement[] {
  const illegal = text.match(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
  if (illegal) throw new Error(`a character that XML does not know at ${illegal.index}`)
  const elements: XmlElement[] = []
  const open: string[] = []
  token.lastIndex = 0
  for (let at = 0; at < text.length; at = token.lastIndex) {
    const match = token.exec(text)
    if (!match) throw new Error(`no XML at ${at}: ${text.slice(at, at + 60)}`)
    const [, closing, name, attributes = '', empty, content] = match
    const bare = (content ?? attributes).replaceAll(/&(amp|lt|gt|quot|#\d+);/g, '')
    if (bare.includes('&')) throw new Error(`a bare ampersand: ${bare}`)
    if (name === undefined) continue
    if (closing) {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`)
      continue
    }
    const pairs = [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
      key,
      value,
    ])
    elements.push({ name, attributes: Object.fromEntries(pairs) })
    if (!empty) open.push(name)
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`)
  return elements
}
