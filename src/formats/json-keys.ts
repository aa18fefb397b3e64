/**
 * The first key that an object in `text` has twice (also when spelled with different escapes), or
 * undefined. `text` must be JSON. `JSON.parse` keeps the last of them and says nothing.
 */
export function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let expectKey = false;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
        open.push(new Set());
        expectKey = true;
        break;
      case '[':
        open.push(undefined);
        expectKey = false;
        break;
      case '}':
      case ']':
        open.pop();
        expectKey = false;
        break;
      case ',':
        expectKey = open.at(-1) !== undefined;
        break;
      case '"': {
        const start = at;
        for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
        if (!expectKey) break;
        expectKey = false;
        const key = JSON.parse(text.slice(start, at + 1)) as string;
        const keys = open.at(-1) as Set<string>;
        if (keys.has(key)) return key;
        keys.add(key);
      }
    }
  }
  return undefined;
}
