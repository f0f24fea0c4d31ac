interface Attribute {
  readonly type: string
  readonly name: string
  /** Of PK, FK and UK. */
  readonly keys: readonly string[]
}

type Cardinality = 'exactly one' | 'zero or one' | 'zero or more' | 'one or more'

interface Relationship {
  readonly from: string
  readonly fromCardinality: Cardinality
  readonly to: string
  readonly toCardinality: Cardinality
}

/** The entities and relationships of a Mermaid `erDiagram`. */
export interface ErDiagram {
  readonly entities: ReadonlyMap<string, readonly Attribute[]>
  readonly relationships: readonly Relationship[]
}

const cardinalities: Readonly<Record<string, Cardinality>> = {
  '||': 'exactly one',
  '|o': 'zero or one',
  'o|': 'zero or one',
  '}o': 'zero or more',
  'o{': 'zero or more',
  '}|': 'one or more',
  '|{': 'one or more',
}

const entityName = String.raw`("[^"]+"|[\w-]+)(?:\[[^\]]*\])?`
const relationshipLine = new RegExp(
  String.raw`^${entityName}\s+(\|\||\|o|\}o|\}\|)(?:--|\.\.)(\|\||o\||o\{|\|\{)\s+${entityName}\s*(?::.*)?$`,
)
const entityStart = new RegExp(String.raw`^${entityName}\s*\{(.*)$`)
const attributeLine =
  /^([A-Za-z_][\w()[\],.-]*)\s+\*?([A-Za-z_][\w()[\]-]*)(?:\s+((?:PK|FK|UK)(?:\s*,\s*(?:PK|FK|UK))*))?(?:\s+"[^"]*")?$/

/**
 * Reads the first `erDiagram` among the Mermaid code blocks of a Markdown text.
 * @throws Error that names the line which is not Mermaid, or says that there is no diagram.
 * @see https://mermaid.js.org/syntax/entityRelationshipDiagram.html
 */
export function readErDiagram(markdown: string): ErDiagram {
  const blocks = [...markdown.matchAll(/^```mermaid[^\n]*\n(.*?)^```/gms)].map(match => match[1] ?? '')
  const source = blocks.find(block => /^\s*erDiagram\b/m.test(block))
  if (source === undefined) throw new Error('there is no ```mermaid block with an erDiagram')

  const entities = new Map<string, Attribute[]>()
  const relationships: Relationship[] = []
  let open: Attribute[] | undefined
  const lines = source.slice(source.indexOf('erDiagram') + 'erDiagram'.length).split('\n')
  for (const raw of lines) {
    const line = raw.replace(/%%.*$/, '').trim()
    if (line === '' || /^(direction|title|accTitle|accDescr)\b/.test(line)) continue
    if (open) {
      if (line === '}') {
        open = undefined
        continue
      }
      const attribute = attributeLine.exec(line)
      if (!attribute) throw new Error(`the erDiagram has a line that is no attribute: "${line}"`)
      const [, type = '', name = '', keys = ''] = attribute
      open.push({
        type,
        name,
        keys: keys
          .split(',')
          .map(key => key.trim())
          .filter(Boolean),
      })
      continue
    }
    const relationship = relationshipLine.exec(line)
    if (relationship) {
      const [, from = '', left = '', right = '', to = ''] = relationship
      const [fromCardinality, toCardinality] = [cardinalities[left], cardinalities[right]]
      if (fromCardinality && toCardinality) {
        relationships.push({ from: bare(from), fromCardinality, to: bare(to), toCardinality })
      }
      continue
    }
    const entity = entityStart.exec(line)
    if (!entity)
      throw new Error(`the erDiagram has a line that is neither entity nor relationship: "${line}"`)
    const attributes = entities.get(bare(entity[1] ?? '')) ?? []
    entities.set(bare(entity[1] ?? ''), attributes)
    if (entity[2]?.trim() !== '}') open = attributes
  }
  if (open) throw new Error('the erDiagram has an entity whose brace is not closed')
  return { entities, relationships }
}

const bare = (name: string) => name.replaceAll('"', '')
