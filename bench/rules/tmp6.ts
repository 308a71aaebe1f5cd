import { seeded } from "../../src/feed/SimulatedMatch.ts"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { makeStrategies } from "./strategies.ts"
import { drawViews, loadMatches } from "./views.ts"
import { peers } from "./peers.ts"
const next=seeded('bench:rules')
const views=drawViews(loadMatches(),1000,next)
const strategies=makeStrategies(views,[...new Set(views.map(v=>v.snapshot.match.competition.id))])(1000,next)
const some=strategies.slice(0,10), on=views.slice(0,100)
const rs=RuleSet.make(some)
const closure=peers[1].prepare(some,on) as any
const us=(n:string,f:()=>unknown)=>{let best=1e9;for(let i=0;i<60;i++){const t=performance.now();for(let k=0;k<200;k++)f();best=Math.min(best,performance.now()-t)};console.log(n,(best*5).toFixed(1),'us')}
console.log(rs.conditions())
us('engine',()=>rs.fired(on))
us('closures on views',closure)
const T=(globalThis as any).T; if(T) console.log(T)
