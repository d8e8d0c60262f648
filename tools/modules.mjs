// Reads every script that pages load without running it: it parses, and what it imports is there.
// `./run check` runs this in the Node that Playwright brings, with --experimental-vm-modules.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SourceTextModule } from 'node:vm';

const TOP = path.join(import.meta.dirname, '..');
/** The folders below /static/, and where they come from. */
const FOLDERS = { '/static/js': 'static/js', '/static/gatehouse': 'accounts/static/gatehouse' };

function imported(name, importer) {
  const address = path.resolve(path.dirname(importer.identifier), name);
  if (!modules.has(address)) throw new Error(`${importer.identifier} imports ${name}: no such file`);
  return modules.get(address);
}

const modules = new Map();
for (const [served, folder] of Object.entries(FOLDERS)) {
  for (const name of readdirSync(path.join(TOP, folder), { recursive: true })) {
    const identifier = path.join(served, name);
    if (!name.endsWith('.js')) continue;
    modules.set(identifier, new SourceTextModule(readFileSync(path.join(TOP, folder, name), 'utf8'), { identifier }));
  }
}
for (const module of modules.values()) {
  if (module.status === 'unlinked') await module.link(imported);
}
console.log(`${modules.size} scripts parse, and find what they import.`);
