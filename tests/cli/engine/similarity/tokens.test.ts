import { describe, expect, test } from 'vitest'
import { tokenise } from '../../../../cli/engine/similarity/tokens.js'

const words = (file: string, text: string) =>
  tokenise(file, text)
    .map(token => token.text)
    .join(' ')

describe('the same tokens after names, literals, comments and format were changed', () => {
  test.each([
    [
      'list.ts',
      `import { z } from 'zod'
       // Lists them.
       export const list = async (limit: number) => {
         const rows = await db.query('select * from users limit $1', [limit])
         return { items: rows.map(row => ({ id: row.id, name: row.name })), nextCursor: null }
       }`,
      `import zod from "zod";
import { other } from "./other.js";
export var alle = async (wieViele: Zahl,) => {
    let zeilen = await pool.frage(\`select name from konten\`, [ /* so viele */ wieViele, ]);
    return {
        dinge: zeilen.map((eine) => ({ nummer: eine.nummer, wort: eine.wort, })),
        weiter: null,
    };
};`,
    ],
    [
      'list.py',
      `from flask import Flask
@app.get("/users")
def list_users(limit: int = 20):
    """Lists them."""
    rows = [row for row in fetch("select 1", limit) if row is not None]
    return {"items": rows, "next": None}, 200`,
      `import os
@server.get('/konten')
def alle(wie_viele: zahl = 7):
    '''
    Anders.
    '''
    zeilen = [z for z in hole(f"select {x}", wie_viele)
              if z is not None]  # fertig
    return {'dinge': zeilen,
            'weiter': None,}, 7`,
    ],
    [
      'list.go',
      `package main
import "net/http"
// List lists.
func List(w http.ResponseWriter, r *http.Request) {
	rows, err := db.Query("select 1", 20)
	if err != nil { http.Error(w, "no", 500); return }
	for rows.Next() { count += 1 }
}`,
      `package other
func Alle(antwort netz.Antwort, f *netz.Frage) {
	zeilen, fehler := daten.Hole(\`select
2\`, 7)
	if fehler != nil {
		netz.Fehler(antwort, "nein", 404) /* nein */
		return
	}
	for zeilen.Weiter() {
		zahl += 2
	}
}`,
    ],
    [
      'List.java',
      `package app;
import java.util.List;
public class Users { private final List<User> users = new ArrayList<>();
  @GetMapping("/users") public List<User> all(int limit) { return users.subList(0, limit); } }`,
      `package other;
// Anders
public class Konten {
  private final Folge<Konto> konten = new Reihe<>();
  @Hole("/konten")
  public Folge<Konto> alle(int zahl) {
    return konten.teil(1, zahl);
  }
}`,
    ],
    [
      'list.rs',
      `use axum::Json;
/// Lists.
async fn list(State(pool): State<Pool>) -> Result<Json<Vec<User>>, Error> {
    let rows = sqlx::query("select 1").fetch_all(&pool).await?;
    Ok(Json(rows.into_iter().map(|row| row.id).take(20).collect()))
}`,
      `async fn alle(Zustand(becken): Zustand<Becken>) -> Ergebnis<Text<Reihe<Konto>>, Fehler> {
    let zeilen = daten::frage(r#"select "2""#)
        .hole(&becken).await?; // alle
    Gut(Text(zeilen.jede().wandle(|z| z.nummer).nimm(7).sammle()))
}`,
    ],
  ])('%s', (file, original, disguised) => {
    const tokens = words(file, original)
    expect(tokens.split(' ').length).toBeGreaterThan(25)
    expect(words(file, disguised)).toBe(tokens)
  })
})

test.each([
  'rb',
  'php',
  'cs',
  'kt',
  'ex',
  'scala',
  'c',
  'cpp',
  'swift',
  'dart',
  'sql',
  'lua',
  'hs',
  'clj',
  'erl',
  'fs',
  'groovy',
  'pl',
])('there is a grammar for .%s', ending =>
  expect(tokenise(`a.${ending}`, 'amount = 12')).toMatchObject([{ text: 'I' }, { text: '=' }, { text: 'N' }]),
)

test('other code has other tokens', () => {
  expect(words('a.ts', 'if (a < b) return a')).not.toBe(words('a.ts', 'if (a > b) return a'))
  expect(words('a.py', 'return a and b')).not.toBe(words('a.py', 'return a or b'))
})

test('templates and regular expressions are literals, whatever is in them', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template of the source
  expect(words('a.js', "const a = `x${b ? `y${{ c: 1 }.c}` : ''}z` + d")).toBe(
    'let I = S I ? S { I : N } . I S : S S + I',
  )
  expect(words('a.js', 'a = b / c / d\ne = /[/"`]+/.test(f)')).toBe('I = I / I / I I = S . I ( I )')
})

test('a token knows the lines on which it begins and ends', () => {
  expect(tokenise('a.py', '# one\n\nx = """a\nb\n"""\ny')).toEqual([
    { text: 'I', line: 3, endLine: 3 },
    { text: '=', line: 3, endLine: 3 },
    { text: 'S', line: 3, endLine: 5 },
    { text: 'I', line: 6, endLine: 6 },
  ])
  expect(tokenise('a.ts', '\n\n`a\nb`\nc').map(({ line, endLine }) => [line, endLine])).toEqual([
    [3, 4],
    [5, 5],
  ])
})

test('what does not compile has tokens, too', () => {
  expect(words('a.ts', 'const { = "unterminated\n}}}} `open ${ a')).toMatch(/^let \{ = S/)
})
