import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { change, createProduct, type Product, readItems, remove } from './resources.js'
import { check } from './rubric.js'
import { mongoCommandsDuring } from './traffic.js'

interface Found extends Product {
  readonly score: number
}

/** A word that no other product has, with English inflections. */
const newWord = ({ random }: CheckContext) => `${random.letters(8)}ank`

const find = ({ api }: CheckContext, q: string, more = '') =>
  readItems<Found>(api, `/search?q=${encodeURIComponent(q)}${more}`)

const idsOf = async (context: CheckContext, q: string) => (await find(context, q)).map(({ id }) => id).sort()

check(
  'words are found in name and description, in any case and inflection',
  {
    row: 'search',
    brief: 'any of the words of `q` is enough, in any letter case and inflection',
    hints: [
      'Does your search know that a plural is the same word?',
      'A text index with the language English does all of that.',
    ],
  },
  async context => {
    const [first, second] = [newWord(context), newWord(context)]
    const named = await createProduct(context, { name: `Blue ${first}` })
    const described = await createProduct(context, { description: `Made for ${first}s and ${second}ing.` })
    const both = [named.id, described.id].sort()
    expect(await idsOf(context, first), `search for ${first}`).toEqual(both)
    expect(await idsOf(context, first.toUpperCase()), 'search in capitals').toEqual(both)
    expect(await idsOf(context, `${first}s`), 'search for the plural').toEqual(both)
    expect(await idsOf(context, second), 'search for the stem').toEqual([described.id])
    expect(await idsOf(context, `${second} ${first}`), 'search for two words').toEqual(both)
    expect(await idsOf(context, newWord(context)), 'search for what nothing has').toEqual([])
  },
)

check(
  'parts of words are not found',
  {
    row: 'search',
    brief: 'Words are found, not parts of them: `lamp` does not find "Lampshade".',
    hints: [
      'What would a regular expression find here that a reader would not?',
      'Ask the text index with $text instead of matching patterns.',
    ],
  },
  async context => {
    const word = newWord(context)
    const whole = await createProduct(context, { name: `A ${word}` })
    await createProduct(context, { name: `A ${word}opolis`, description: `mega${word}` })
    expect(await idsOf(context, word), `search for ${word}`).toEqual([whole.id])
    expect(await idsOf(context, word.slice(0, 6)), 'search for a part of the word').toEqual([])
  },
)

check(
  'a word in the name comes before a word in the description',
  {
    row: 'search',
    brief:
      'Every item is a product with a `score`, a number greater than 0, and the highest score comes first.',
    hints: [
      'Which of two products is the better answer?',
      'Give the text index weights, and sort by the textScore that MongoDB computes.',
    ],
  },
  async context => {
    const word = newWord(context)
    const text = `${word}, another ${word}, a third ${word} and one more ${word}`
    const described = await createProduct(context, { description: text })
    const named = await createProduct(context, { name: `Steel ${word}` })
    const later = await createProduct(context, { description: text })
    const found = await find(context, word)
    expect(
      found.map(({ score }) => typeof score === 'number' && score > 0),
      'whether scores are numbers above 0',
    ).toEqual([true, true, true])
    const scores = found.map(({ score }) => score)
    expect(scores, 'scores in descending order').toEqual([...scores].sort((a, b) => b - a))
    expect(found[0]?.id, 'the first item').toBe(named.id)
    expect(
      found
        .slice(1)
        .map(({ id }) => id)
        .sort(),
      'the other items',
    ).toEqual([described.id, later.id].sort())
    const { score: _, ...product } = found[0] ?? Object(undefined)
    expect(product, 'the first item without its score').toEqual(named)
  },
)

check(
  'quotation marks and hyphens are no operators',
  {
    row: 'search',
    brief: 'All of `q` is words: `-lamp` and `"lamp"` find what `lamp` finds.',
    hints: [
      'What do a hyphen before a word and quotation marks around words mean to $text?',
      'Put spaces in their places before you hand `q` on.',
    ],
  },
  async context => {
    const [first, second] = [newWord(context), newWord(context)]
    const both = await createProduct(context, { name: `${first} ${second}` })
    const one = await createProduct(context, { name: `Plain ${first}` })
    const all = [both.id, one.id].sort()
    for (const q of [`-${first}`, `${first} -${second}`, `"${first}"`, `"${second} ${first}"`]) {
      expect(await idsOf(context, q), `search for ${q}`).toEqual(all)
    }
  },
)

check(
  'limit bounds the answer, and q must be there',
  {
    row: 'search',
    brief: 'A missing or empty `q` is answered with 400.',
    hints: ['What does a search for nothing mean?', 'Check `q` and `limit` before you ask MongoDB.'],
  },
  async context => {
    const { api } = context
    const word = newWord(context)
    const named = await createProduct(context, { name: word })
    for (let n = 0; n < 2; n++) await createProduct(context, { description: `For a ${word}.` })
    expect(
      (await find(context, word, '&limit=1')).map(({ id }) => id),
      'the best item with limit=1',
    ).toEqual([named.id])
    const { body } = await api.get(`/search?q=${word}&limit=2`)
    expect(body, 'a search with more than `limit` results').toMatchObject({ nextCursor: null })
    for (const path of ['/search', '/search?q=']) expect(await api.get(path)).toBeProblem(400, ['q'])
    for (const limit of [0, 101]) {
      expect(await api.get(`/search?q=a&limit=${limit}`)).toBeProblem(400, ['limit'])
    }
    const { categoryId } = named
    for (let n = 0; n < 18; n++) await createProduct(context, { categoryId, name: word })
    expect((await find(context, word)).length, 'items without `limit`, of 21 that match').toBe(20)
    expect((await find(context, word, '&limit=100')).length, 'items with limit=100').toBe(21)
  },
)

check(
  'MongoDB has a text index, and the search uses it',
  {
    row: 'search',
    brief: 'The collection `products` has a text index on `name` and `description`',
    hints: [
      'What does `db.products.getIndexes()` say?',
      'Create one text index on both fields when the server starts, and filter with $text.',
    ],
  },
  async context => {
    const { api, mongo } = context
    const indexes = await mongo.collection('products').indexes()
    const weights = indexes.find(({ key }) => Object.values(key).includes('text'))?.weights as unknown
    expect(Object.keys(Object(weights)).sort(), 'fields of the text index').toEqual(['description', 'name'])
    const answer = await api.get(`/search?q=${newWord(context)}`)
    expect(answer).toHaveStatus(200)
    const commands = await mongoCommandsDuring(context, [answer])
    expect(
      commands.some(({ body }) => JSON.stringify(body).includes('"$text"')),
      'whether a MongoDB command of the search has $text',
    ).toBe(true)
  },
)

check(
  'a changed or deleted product is found by what it says now',
  {
    row: 'search',
    brief: 'A product that was changed or deleted is found by what it says now.',
    hints: [
      'When is the index brought up to date?',
      'MongoDB does it with every write; a cached search would not know.',
    ],
  },
  async context => {
    const { api } = context
    const [old, now] = [newWord(context), newWord(context)]
    const { id } = await createProduct(context, { name: old })
    expect(await idsOf(context, old), 'search for the old name').toEqual([id])
    await change(api, `/products/${id}`, { name: now })
    expect(await idsOf(context, old), 'search for the old name after the change').toEqual([])
    expect(await idsOf(context, now), 'search for the new name').toEqual([id])
    await remove(api, `/products/${id}`)
    expect(await idsOf(context, now), 'search for a deleted product').toEqual([])
  },
)
