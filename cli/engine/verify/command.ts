/** A shell command that runs a JavaScript file with the Node that runs bep. */
export const nodeCommand = (file: string): string => `"${process.execPath}" "${file}"`
