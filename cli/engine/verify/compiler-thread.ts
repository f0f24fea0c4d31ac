import { parentPort, workerData } from 'node:worker_threads'
import type { CompilerTask } from './compile-apart.js'
import { openReferenceCompiler } from './reference-compiler.js'

const { projectsDir, slug, edits } = workerData as CompilerTask
parentPort?.postMessage(openReferenceCompiler(projectsDir, slug).compile(edits))
