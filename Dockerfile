# One image, four processes: the command is the main.ts to run. It runs as uid 1000 and writes to /data alone, so its root may be read-only.
FROM node:22.23.3-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && mkdir /data && chown 1000:1000 /data

FROM node:22.23.3-bookworm-slim
ENV NODE_ENV=production LOOP_HOME=/data MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=1048576
WORKDIR /app
COPY --from=packages --chown=1000:1000 /data /data
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY schemas schemas
COPY producers producers
COPY consumers consumers
COPY trainer trainer
COPY inference inference
COPY stack stack
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
# Whichever of the four runs here, at its usual port. Kubernetes does not look at this: it has probes of its own.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "Promise.any([17010, 17011, 17012, 17013].map((port) => fetch(`http://127.0.0.1:${port}/health/live`))).catch(() => process.exit(1))"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning"]
