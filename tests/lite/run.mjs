// Run notebooks in Pyodide with the kernel of JupyterLite: node run.mjs DISTRIBUTION NOTEBOOK…
// Prints the outputs of each one's code cells, by notebook, as JSON.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [distribution, ...notebooks] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(distribution, "pyodide.mjs")));
const lock = JSON.parse(readFileSync(join(distribution, "pyodide-lock.json")));
const quiet = { stdout: () => {}, stderr: (line) => console.error(line) };
const pyodide = await loadPyodide({ packages: Object.keys(lock.packages), ...quiet });
const run = pyodide.runPython(readFileSync(new URL("cells.py", import.meta.url), "utf8"));
for (const path of notebooks) {
  const outputs = await run(readFileSync(path, "utf8"));
  console.log(JSON.stringify([path, JSON.parse(outputs)]));
}
