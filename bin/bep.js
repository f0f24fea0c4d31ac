#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `bep: Node ${process.versions.node} is too old, bep needs 20.19 or later\n  Fix: install a current Node.js, for example with \`nvm install 22\`\n`,
  )
  process.exitCode = 2
} else {
  import('../dist/cli/main.js').catch(error => {
    process.stderr.write(
      error.code === 'ERR_MODULE_NOT_FOUND'
        ? `bep: it is not built (${error.message.split('\n')[0]})\n  Fix: npm ci\n`
        : `${error.stack}\n`,
    )
    process.exitCode = 2
  })
}
