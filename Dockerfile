# syntax=docker/dockerfile:1
FROM node:24.21.0-trixie-slim@sha256:173f125896c3b47ddf056734c7ea789d04595a6a08769a8f78e0df642781fb66 AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No script of a package runs here: the one of the package `node` would fetch another Node.js.
RUN npm install --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json strategy.schema.json ./
COPY assets ./assets
COPY examples/strategies ./examples/strategies
COPY scripts ./scripts
COPY src ./src
COPY supabase ./supabase
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json
RUN node scripts/program.ts
RUN node scripts/postgres-template.ts
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-trixie-slim@sha256:173f125896c3b47ddf056734c7ea789d04595a6a08769a8f78e0df642781fb66
ENV NODE_ENV=production
ENV DATA_DIR=/data
ENV HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json /app/strategy.schema.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/assets ./assets
COPY --from=build /app/examples ./examples
COPY --from=build /app/supabase ./supabase
COPY --from=build /app/template ./template
COPY --from=build /app/dist ./dist
COPY --from=build /app/program ./program
RUN mkdir -p /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["node", "-e", "if (process.env.HTTP === 'off') process.exit(0); fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["start"]
