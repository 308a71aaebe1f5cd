/** The URL of a file that comes with Touchline, by its path in the package. All that runs this lies in a directory of the package. */
export const packageFile = (path: string): URL => new URL(`../${path}`, import.meta.url)
