/**
 * JSON for a file that may be shown on a terminal or in a CI system's log: no control character stands in it as such,
 * and nothing is a command there. It means the same.
 */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2)
    .replaceAll(
      /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
      character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replaceAll(/##(?=\[|vso\[)/g, '#\\u0023')}\n`
