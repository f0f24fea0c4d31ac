import ts from 'typescript'

/** A change of a source text: what stands from `start` to `end` becomes `to`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly to: string
  /** What `to` is called in lists, where that is shorter. */
  readonly shown?: string
}

/** The changes that begin at this node, and at no other. */
export type Rule = (node: ts.Node, source: ts.SourceFile) => readonly Edit[]

/** Puts `to` in the place of the whole node. */
export const replace = (node: ts.Node, source: ts.SourceFile, to: string): Edit => ({
  start: node.getStart(source),
  end: node.end,
  to,
})

/** Takes one of several neighbours out of a list, with a comma beside it. */
export function removeFromList(list: ts.NodeArray<ts.Node>, node: ts.Node, source: ts.SourceFile): Edit {
  const at = list.indexOf(node)
  const [before, after] = [list[at - 1], list[at + 1]]
  if (after) return { start: node.getStart(source), end: after.getStart(source), to: '' }
  return { start: before ? before.end : node.getStart(source), end: node.end, to: '' }
}

/** `x.name(…)` without `.name(…)`. */
export function removeFromChain(call: ts.CallExpression): Edit | undefined {
  const callee = call.expression
  return ts.isPropertyAccessExpression(callee)
    ? { start: callee.expression.end, end: call.end, to: '' }
    : undefined
}

/** The name of a property, as far as it is written out. */
export const nameOf = (name: ts.PropertyName): string | undefined =>
  ts.isIdentifier(name) || ts.isStringLiteral(name) || ts.isNumericLiteral(name) ? name.text : undefined

/** The method that is called: `where` of `query.where(…)`. */
export const methodOf = ({ expression }: ts.CallExpression): string | undefined =>
  ts.isPropertyAccessExpression(expression) ? expression.name.text : undefined
