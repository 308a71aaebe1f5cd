/** What the benchmark uses of the other engines, so that its types can be checked where they are not installed. */

declare module "@gorules/zen-engine" {
  export class ZenEngine {
    createDecision(content: object): { evaluate(facts: object): Promise<{ readonly result: unknown }> }
  }
}

declare module "json-logic-engine" {
  export class LogicEngine {
    build(logic: object): unknown
  }
}

declare module "json-rules-engine" {
  export type NestedCondition =
    | { readonly fact: string; readonly operator: string; readonly value: unknown }
    | { readonly any: ReadonlyArray<NestedCondition> }

  export class Engine {
    addRule(rule: { readonly conditions: object; readonly event: { readonly type: string } }): void
    run(facts: object): Promise<{ readonly events: ReadonlyArray<{ readonly type: string }> }>
  }
}
