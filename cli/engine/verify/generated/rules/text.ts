import ts from 'typescript'

/** A text in the source, with what stands between its quotes or backticks. */
interface SourceText {
  /** `sql` of `` sql`…` ``. */
  readonly tag: string | undefined
  /** Where the text begins in the source, behind the quote. */
  readonly start: number
  /** The text as long as in the source, with `x` in the place of every `${…}` and escape. */
  readonly masked: string
}

/** The text that this node is; undefined when it is none. */
export function textOf(node: ts.Node, source: ts.SourceFile): SourceText | undefined {
  if (
    !ts.isStringLiteral(node) &&
    !ts.isNoSubstitutionTemplateLiteral(node) &&
    !ts.isTemplateExpression(node)
  )
    return undefined
  const tagged = ts.isTaggedTemplateExpression(node.parent) ? node.parent.tag : undefined
  const start = node.getStart(source) + 1
  let masked = source.text.slice(start, node.end - 1).replaceAll(/\\./g, 'xx')
  if (ts.isTemplateExpression(node)) {
    for (const { expression, literal } of node.templateSpans) {
      const [from, to] = [expression.getFullStart() - 2 - start, literal.getStart(source) + 1 - start]
      masked = masked.slice(0, from) + 'x'.repeat(to - from) + masked.slice(to)
    }
  }
  return { tag: tagged?.getText(source), start, masked }
}
