// Reads every script of static/js without running it: it parses, and what it imports is there.
// `./run check` runs this in the Node that Playwright brings, with --experimental-vm-modules.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SourceTextModule } from 'node:vm';

const TOP = path.join(import.meta.dirname, '..', 'static', 'js');

function imported(name, importer) {
  const file = path.resolve(path.dirname(importer.identifier), name);
  if (!modules.has(file)) throw new Error(`${importer.identifier} imports ${name}: no such file`);
  return modules.get(file);
}

const names = readdirSync(TOP, { recursive: true }).filter((name) => name.endsWith('.js'));
const modules = new Map();
for (const name of names) {
  const file = path.join(TOP, name);
  modules.set(file, new SourceTextModule(readFileSync(file, 'utf8'), { identifier: file }));
}
for (const module of modules.values()) {
  if (module.status === 'unlinked') await module.link(imported);
}
console.log(`${names.length} scripts parse, and find what they import.`);
