/**
 * Loaded before a process (`--import`): its clock is off by so many milliseconds as the file CLOCK_FILE says, from the start
 * on and again after each SIGUSR2.
 */
import { readFileSync } from "node:fs"

const RealDate = Date
const { now } = Date
let ahead = 0

const read = () => {
  ahead = Number(readFileSync(process.env.CLOCK_FILE ?? "", "utf8"))
}
read()
process.on("SIGUSR2", read)

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args) => Reflect.construct(target, args.length === 0 ? [now() + ahead] : args),
  get: (target, key) => (key === "now" ? () => now() + ahead : Reflect.get(target, key))
})
