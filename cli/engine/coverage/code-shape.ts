import ts from 'typescript'

/** Where a source file has code. Lines count from 1. */
export interface CodeShape {
  /** Lines on which a statement begins: no blank ones, comments, types, imports or closing braces. */
  readonly statementLines: ReadonlySet<number>
  /** The line of each function, arrow functions included; with a decorator in front, that of its name. */
  readonly functionLines: readonly number[]
}

/** Reads JavaScript or TypeScript. Import this module lazily: the compiler takes 0.3 s to load. */
export function codeShapeOf(file: string, text: string): CodeShape {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const lineOf = (node: ts.Node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
  const statementLines = new Set<number>()
  const functionLines: number[] = []

  const visit = (node: ts.Node): void => {
    if (isOnlyType(node)) return
    if (runs(node)) statementLines.add(lineOf(node))
    if (ts.isFunctionLike(node)) functionLines.push(lineOf(node.name ?? node))
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) statementLines.add(lineOf(node.body))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { statementLines, functionLines }
}

function isOnlyType(node: ts.Node): boolean {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isTypeNode(node)) return true
  if (ts.canHaveModifiers(node)) {
    const modifiers = ts.getModifiers(node) ?? []
    if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)) return true
  }
  // A signature of an overload, or an abstract method.
  return (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && node.body === undefined
}

function runs(node: ts.Node): boolean {
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.some(({ initializer }) => initializer !== undefined)
  if (ts.isPropertyDeclaration(node)) return node.initializer !== undefined
  if (ts.isExportAssignment(node) || ts.isEnumDeclaration(node)) return true
  return node.kind >= ts.SyntaxKind.FirstStatement && node.kind <= ts.SyntaxKind.LastStatement
}
