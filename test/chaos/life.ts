/** The life of a service that ends before or after its n-th side effect. */

export type When = "before" | "after"

/** Where a service ends. */
export interface Point {
  readonly n: number
  readonly when: When
}

/** What a service does until it ends, which is where it stands still: nothing that it does reaches anybody any more. */
export const makeLife = (point: Point | undefined) => {
  const met = Promise.withResolvers<void>()
  let [effects, isOver] = [0, false]
  const end = () => {
    isOver = true
    met.resolve()
    return new Promise<never>(() => undefined)
  }
  /** Runs a side effect, or is where the service ends. */
  const runs = async <A>(effect: () => Promise<A>): Promise<A> => {
    if (isOver) return new Promise<never>(() => undefined)
    effects += 1
    const isPoint = effects === point?.n
    if (isPoint && point?.when === "before") return end()
    const answer = await effect()
    return isOver || isPoint ? end() : answer
  }
  return { runs, end: () => void end(), met: met.promise, isOver: () => isOver, effects: () => effects }
}

export type Life = ReturnType<typeof makeLife>
