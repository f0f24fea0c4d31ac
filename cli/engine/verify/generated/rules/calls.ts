import ts from 'typescript'
import { methodOf, type Rule, removeFromChain } from './rule.js'

/** A statement goes on without waiting. */
export const awaited: Rule = (node, source) =>
  ts.isExpressionStatement(node) && ts.isAwaitExpression(node.expression)
    ? [{ start: node.getStart(source), end: node.expression.expression.getStart(source), to: 'void ' }]
    : []

/** Methods that give what they are called on, with something done to it. */
const passing = new Set([
  'catch',
  'filter',
  'int',
  'max',
  'min',
  'refine',
  'regex',
  'reverse',
  'slice',
  'sort',
  'toLowerCase',
  'trim',
])

/** A call whose value is not used, or that passes on what it is called on, is left out. */
export const call: Rule = (node, source) => {
  if (ts.isExpressionStatement(node)) {
    const called = calledBy(node.expression)
    return called && isWorthLeavingOut(called, source)
      ? [{ start: node.getStart(source), end: node.end, to: '{}' }]
      : []
  }
  const edit =
    ts.isCallExpression(node) && passing.has(methodOf(node) ?? '') ? removeFromChain(node) : undefined
  return edit ? [edit] : []
}

function calledBy(expression: ts.Expression): ts.CallExpression | undefined {
  if (ts.isCallExpression(expression)) return expression
  return ts.isAwaitExpression(expression) || ts.isVoidExpression(expression)
    ? calledBy(expression.expression)
    : undefined
}

/** Without routes everybody notices, and without a line in the log nobody. */
function isWorthLeavingOut(call: ts.CallExpression, source: ts.SourceFile): boolean {
  if (call.expression.kind === ts.SyntaxKind.SuperKeyword) return false
  if (/^(logger|console)\./.test(call.expression.getText(source))) return false
  return !call.arguments.some(
    argument =>
      argument.getText(source) === 'router' || (ts.isArrowFunction(argument) && ts.isBlock(argument.body)),
  )
}
