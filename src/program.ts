/** The program: the command line, as a process of its own. */
import { cli } from "./cli/cli.ts"
import { runMain } from "./run.ts"

runMain(cli({}))
