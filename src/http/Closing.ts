/**
 * Tells what is open when the server closes. A stream that goes on by itself, such as a page's, must end with it, or it holds up
 * the stop of the service: `Stream.interruptWhen(stream, closing)`.
 */
import { Context, Effect, Latch, Layer } from "effect"

export class Closing extends Context.Service<
  Closing,
  {
    /** Waits until the server closes. */
    readonly begun: Effect.Effect<void>
    /** Begins to close. */
    readonly begin: Effect.Effect<void>
  }
>()("touchline/http/Closing") {
  static readonly layer = Layer.sync(Closing, () => {
    const latch = Latch.makeUnsafe()
    return Closing.of({ begun: latch.await, begin: Effect.asVoid(latch.open) })
  })
}
