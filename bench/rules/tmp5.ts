import { seeded } from "../../src/feed/SimulatedMatch.ts"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { makeStrategies } from "./strategies.ts"
import { drawViews, loadMatches } from "./views.ts"
const next=seeded('bench')
const views=drawViews(loadMatches(),1000,next)
const strategies=makeStrategies(views,["28"])(100000,next)
const compile=()=>RuleSet.make(strategies)
for(let i=0;i<8;i++){const t=performance.now();compile();console.log((performance.now()-t).toFixed(0))}
