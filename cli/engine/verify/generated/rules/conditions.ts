import ts from 'typescript'
import { type Edit, type Rule, replace } from './rule.js'

/**
 * Each condition always and never holds; a `!` and a Boolean value are turned over. A condition as a whole is
 * not: whoever sees that catches one of the two others as well.
 */
export const condition: Rule = (node, source) => {
  if (ts.isIfStatement(node)) return bothWays(node.expression, source)
  if (ts.isConditionalExpression(node)) return bothWays(node.condition, source)
  // Always true, a loop would not end.
  if (ts.isWhileStatement(node)) return [never(node.expression, source)]
  if (ts.isForStatement(node) && node.condition) return [never(node.condition, source)]
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [replace(node, source, node.operand.getText(source))]
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [replace(node, source, 'false')]
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [replace(node, source, 'true')]
  return []
}

const bothWays = (condition: ts.Expression, source: ts.SourceFile): readonly Edit[] => [
  { ...replace(condition, source, `((${condition.getText(source)}) || true)`), shown: 'true' },
  never(condition, source),
]

// With the condition in it, what it says about types still holds where it does not matter.
const never = (condition: ts.Expression, source: ts.SourceFile): Edit => ({
  ...replace(condition, source, `((${condition.getText(source)}) && false)`),
  shown: 'false',
})

/** `&&` and `||` change places, and `??` loses what it would fall back on. */
export const logic: Rule = (node, source) => {
  if (!ts.isBinaryExpression(node)) return []
  const { operatorToken, left } = node
  switch (operatorToken.kind) {
    case ts.SyntaxKind.AmpersandAmpersandToken:
      return [replace(operatorToken, source, '||')]
    case ts.SyntaxKind.BarBarToken:
      return [replace(operatorToken, source, '&&')]
    case ts.SyntaxKind.QuestionQuestionToken:
      return [{ start: left.end, end: node.end, to: '' }]
    default:
      return []
  }
}
