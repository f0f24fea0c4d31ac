import ts from 'typescript'
import type { Token } from './tokens.js'

const { SyntaxKind } = ts
type Kind = ts.SyntaxKind

/** After these a slash divides; after all else it begins a regular expression. */
const endsOperand = new Set<Kind>([
  SyntaxKind.Identifier,
  SyntaxKind.PrivateIdentifier,
  SyntaxKind.NumericLiteral,
  SyntaxKind.BigIntLiteral,
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateTail,
  SyntaxKind.RegularExpressionLiteral,
  SyntaxKind.CloseParenToken,
  SyntaxKind.CloseBracketToken,
  SyntaxKind.CloseBraceToken,
  SyntaxKind.ThisKeyword,
  SyntaxKind.SuperKeyword,
  SyntaxKind.TrueKeyword,
  SyntaxKind.FalseKeyword,
  SyntaxKind.NullKeyword,
])

const texts = new Set<Kind>([
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateHead,
  SyntaxKind.TemplateMiddle,
  SyntaxKind.TemplateTail,
  SyntaxKind.RegularExpressionLiteral,
])

/**
 * The normalised tokens of TypeScript and JavaScript, by TypeScript's own scanner. `var`, `let` and `const` are the
 * same. Source that does not compile has tokens, too.
 */
export function scriptTokens(text: string): Token[] {
  const scanner = ts.createScanner(
    ts.ScriptTarget.Latest,
    true,
    ts.LanguageVariant.JSX,
    text,
    () => undefined,
  )
  const tokens: Token[] = []
  const lineAt = lineCounter(text)
  // For each template that is open, how many braces are open inside its expression.
  const templates: number[] = []
  let before: Kind = SyntaxKind.Unknown
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const open = templates.at(-1)
    if (kind === SyntaxKind.CloseBraceToken && open === 0) {
      kind = scanner.reScanTemplateToken(false)
      if (kind === SyntaxKind.TemplateTail) templates.pop()
    } else if (kind === SyntaxKind.TemplateHead) templates.push(0)
    else if (kind === SyntaxKind.OpenBraceToken && open !== undefined)
      templates[templates.length - 1] = open + 1
    else if (kind === SyntaxKind.CloseBraceToken && open !== undefined)
      templates[templates.length - 1] = open - 1
    else if (
      (kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken) &&
      !endsOperand.has(before)
    )
      kind = scanner.reScanSlashToken()
    before = kind
    if (kind === SyntaxKind.SemicolonToken) continue
    const line = lineAt(scanner.getTokenStart())
    tokens.push({ text: normalised(kind, scanner), line, endLine: lineAt(scanner.getTokenEnd()) })
  }
  return withoutImports(tokens)
}

function normalised(kind: Kind, scanner: ts.Scanner): string {
  if (texts.has(kind)) return 'S'
  if (kind === SyntaxKind.NumericLiteral || kind === SyntaxKind.BigIntLiteral) return 'N'
  if (kind === SyntaxKind.VarKeyword || kind === SyntaxKind.LetKeyword || kind === SyntaxKind.ConstKeyword)
    return 'let'
  // Words that are keywords in some places only (`type`, `from`, `of`) name variables and fields, too.
  if (kind > SyntaxKind.LastReservedWord && kind <= SyntaxKind.LastKeyword)
    return kind === SyntaxKind.AsyncKeyword || kind === SyntaxKind.AwaitKeyword ? scanner.getTokenText() : 'I'
  if (kind === SyntaxKind.Identifier || kind === SyntaxKind.PrivateIdentifier) return 'I'
  return scanner.getTokenText()
}

/** `import … 'text'` of a module's head: every server of one framework begins with the same ones. */
function withoutImports(tokens: readonly Token[]): Token[] {
  const kept: Token[] = []
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as Token
    const next = tokens[at + 1]?.text
    const declares = token.text === 'import' && next !== '(' && next !== '.'
    const end = declares ? tokens.slice(at, at + 400).findIndex(({ text }) => text === 'S') : -1
    if (end > 0) at += end
    else kept.push(token)
  }
  return kept
}

/** Gives the line of a place in the text; the places must be asked for in ascending order. */
export function lineCounter(text: string): (offset: number) => number {
  let line = 1
  let next = text.indexOf('\n')
  return offset => {
    while (next !== -1 && next < offset) {
      line += 1
      next = text.indexOf('\n', next + 1)
    }
    return line
  }
}
