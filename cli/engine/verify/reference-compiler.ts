import path from 'node:path'
import ts from 'typescript'
import { BepError } from '../../../fixtures/bep-error.js'

/** A source file of a reference with another text. */
export interface EditedFile {
  readonly file: string
  readonly text: string
}

/** What became of an edit: JavaScript, or what the compiler says against it. */
export type Compiled = { readonly js: string } | { readonly errors: readonly string[] }

/** Checks and compiles edited files of one reference, in memory. */
export interface ReferenceCompiler {
  /** Compiles each edit by itself, against the unedited rest. */
  compile(edits: readonly EditedFile[]): readonly Compiled[]
}

/**
 * Loads the reference in the folder `slug`, and what it shares with others, with the options of
 * `tsconfig.json` in `projectsDir`. Import this module lazily: the compiler takes 0.3 s to load.
 */
export function openReferenceCompiler(projectsDir: string, slug: string): ReferenceCompiler {
  const { options, fileNames: all } = readConfig(path.join(projectsDir, 'tsconfig.json'))
  const folders = [slug, 'shared'].map(name => path.join(projectsDir, name) + path.sep)
  const fileNames = all.filter(file => folders.some(folder => path.resolve(file).startsWith(folder)))
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  const resolutions = ts.createModuleResolutionCache(projectsDir, name => name, options)
  const parsed = new Map<string, ts.SourceFile | undefined>()
  let overlay: ReadonlyMap<string, string> = new Map()
  host.readFile = file => overlay.get(file) ?? readFile.call(host, file)
  host.fileExists = file => overlay.has(file) || fileExists.call(host, file)
  // Without it, imports are looked for in the folders of copies, too, which are nowhere on disk.
  delete host.directoryExists
  host.getModuleResolutionCache = () => resolutions
  host.getSourceFile = (file, ...rest) => {
    if (overlay.has(file)) return getSourceFile.call(host, file, ...rest)
    if (!parsed.has(file)) parsed.set(file, getSourceFile.call(host, file, ...rest))
    return parsed.get(file)
  }

  const createProgram = (texts: ReadonlyMap<string, string>) => {
    overlay = texts
    return ts.createProgram({ rootNames: [...fileNames, ...texts.keys()], options, host })
  }

  /** Says what is wrong in the whole reference with each edit in place. */
  const checkWhole = (edits: readonly EditedFile[]) => {
    // A copy of all files for each edit, all in one program: the libraries are parsed and checked once.
    const copies = edits.map((edit, n) => {
      const text = (file: string) => (file === edit.file ? edit.text : (host.readFile(file) ?? ''))
      const copied = (file: string) => path.join(projectsDir, `edit-${n}`, path.relative(projectsDir, file))
      return new Map(fileNames.map(file => [copied(file), text(file)]))
    })
    const program = createProgram(new Map(copies.flatMap(copy => [...copy])))
    return copies.map(copy => [...copy.keys()].flatMap(file => check(program, file)))
  }

  return {
    compile(edits) {
      const named = edits.map(({ file, text }) => ({ file: nameOf(file, fileNames), text }))
      // Each edit beside its original: most are judged by their own file.
      const beside = named.map(({ file }, n) => file.replace(/\.ts$/, `.edit-${n}.ts`))
      const program = createProgram(new Map(named.map(({ text }, n) => [beside[n] ?? '', text])))
      const errors = new Map<EditedFile, readonly string[]>()
      const redeclaring: EditedFile[] = []
      for (const [n, edit] of named.entries()) {
        const file = beside[n] ?? ''
        const found = check(program, file)
        errors.set(edit, found)
        // Other files can only object to what a file declares.
        if (found.length === 0 && declarations(program, file) !== declarations(program, edit.file))
          redeclaring.push(edit)
      }
      for (const [n, found] of checkWhole(redeclaring).entries())
        errors.set(redeclaring[n] as EditedFile, found)
      return named.map(edit => {
        const found = errors.get(edit) ?? []
        return found.length > 0 ? { errors: found } : { js: transpile(edit, options) }
      })
    },
  }
}

function nameOf(file: string, fileNames: readonly string[]): string {
  const name = fileNames.find(candidate => path.resolve(candidate) === path.resolve(file))
  if (name === undefined) throw new BepError('NOT_A_SOURCE', `${file} is no source file of a reference`)
  return name
}

function check(program: ts.Program, file: string): readonly string[] {
  const source = program.getSourceFile(file)
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(describe)
}

function declarations(program: ts.Program, file: string): string {
  const emitted: string[] = []
  program.emit(program.getSourceFile(file), (_name, text) => emitted.push(text), undefined, true)
  // The members of a union come in any order: a line counts as the words and the signs in it.
  const lines = emitted.join('\n').split('\n')
  return lines.map(line => [...line.split(/\W+/), ...line.replaceAll(/\w+/g, '')].sort().join('')).join('\n')
}

const transpile = ({ file, text }: EditedFile, options: ts.CompilerOptions) =>
  ts.transpileModule(text, { compilerOptions: asModules(options), fileName: file }).outputText

// Alone, a file has no package.json beside it that would say that it is an ES module.
const asModules = (options: ts.CompilerOptions): ts.CompilerOptions => ({
  ...options,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
})

function readConfig(file: string): { options: ts.CompilerOptions; fileNames: readonly string[] } {
  const fail = (diagnostic: ts.Diagnostic) => {
    throw new BepError('COMPILER_CONFIG', `${file}: ${describe(diagnostic)}`, {
      fix: 'Run `npx tsc -b` and mend what it says.',
    })
  }
  const overrides = { composite: false, incremental: false, sourceMap: false, emitDeclarationOnly: true }
  const config = ts.getParsedCommandLineOfConfigFile(file, overrides, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: fail,
  })
  if (!config) throw new BepError('COMPILER_CONFIG', `${file} cannot be read`)
  const [error] = config.errors
  if (error) fail(error)
  return config
}

function describe({ file, start, messageText }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, ' ')
  if (!file || start === undefined) return message
  const { line } = file.getLineAndCharacterOfPosition(start)
  const name = path.basename(file.fileName).replace(/\.edit-\d+\.ts$/, '.ts')
  return `${name}:${line + 1}: ${message}`
}
