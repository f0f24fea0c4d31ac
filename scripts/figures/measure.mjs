// What the figures share. Times are in milliseconds.

export const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
export const print = (name, value) => console.log(`${name.padEnd(62)} ${value}`)
export const seconds = ms => `${(ms / 1000).toFixed(2)} s`

/** How long the work takes. */
export async function timed(work) {
  const began = performance.now()
  await work()
  return performance.now() - began
}
