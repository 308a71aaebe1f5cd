/** Compiles the rules engine's loops: `npm run kernel` writes `src/rules/engine/kernelBytes.ts`. */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath, pathToFileURL } from "node:url"
import { main } from "assemblyscript/asc"

const source = new URL("../src/rules/engine/kernel/kernel.ts", import.meta.url)
const target = new URL("../src/rules/engine/kernelBytes.ts", import.meta.url)

/** The content of `kernelBytes.ts`. Fails with the compiler's messages. */
export const kernelModule = async (): Promise<string> => {
  let bytes: Uint8Array = new Uint8Array()
  const { error, stderr } = await main(
    ["kernel.ts", "-O3", "--noAssert", "--enable", "simd", "--runtime", "stub", "--importMemory", "--outFile", "out"],
    {
      readFile: (name) => (name === "kernel.ts" ? readFileSync(fileURLToPath(source), "utf8") : null),
      writeFile: (_, contents) => {
        if (typeof contents !== "string") bytes = contents
      }
    }
  )
  if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`)
  return `/** \`kernel/kernel.ts\`, compiled: \`npm run kernel\` brings it up to date. In base64. */
export const kernelBytes =
  "${Buffer.from(bytes).toString("base64")}"
`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(target, await kernelModule())
