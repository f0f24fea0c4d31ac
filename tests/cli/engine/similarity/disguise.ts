import ts from 'typescript'
import type { SourceFile } from '../../../../cli/engine/similarity/source-files.js'

/**
 * What somebody does who hands in another's work: every name and literal is another one, comments are gone, the
 * format is a different one, and the statements of each file stand in reverse order after its imports.
 */
export function disguised(sources: readonly SourceFile[]): readonly SourceFile[] {
  return sources.map(({ file, text }, n) => ({
    file: `other/${n}${file.slice(file.lastIndexOf('.'))}`,
    text: disguise(file, text),
  }))
}

function disguise(file: string, text: string): string {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const { factory } = ts
  const { transformed } = ts.transform(source, [
    context => root => {
      const visit = (node: ts.Node): ts.Node => {
        if (ts.isImportDeclaration(node)) return node
        if (ts.isIdentifier(node))
          return factory.createIdentifier(`v_${node.text.length}_${node.text.at(-1)}`)
        if (ts.isStringLiteral(node)) return factory.createStringLiteral(`other ${node.text.length}`)
        if (ts.isNumericLiteral(node)) return factory.createNumericLiteral(Number(node.text) + 7)
        return ts.visitEachChild(node, visit, context)
      }
      return ts.visitEachChild(root, visit, context)
    },
  ])
  const [changed] = transformed
  if (!changed) throw new Error(`${file} was not transformed`)
  const isImport = (statement: ts.Statement) => ts.isImportDeclaration(statement)
  const reordered = factory.updateSourceFile(changed, [
    ...changed.statements.filter(isImport),
    ...changed.statements.filter(statement => !isImport(statement)).reverse(),
  ])
  return ts.createPrinter({ removeComments: true }).printFile(reordered)
}

/** Each `n`th file, as if the others were somebody's own work. */
export const everyNth = (sources: readonly SourceFile[], n: number): readonly SourceFile[] =>
  sources.filter((_, at) => at % n === 0)
