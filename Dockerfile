# One image, four processes: the command is the main.ts to run.
FROM node:22.23.3-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts
COPY schemas schemas
COPY producers producers
COPY consumers consumers
COPY trainer trainer
COPY inference inference
COPY stack stack
RUN chown node /app
USER node
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning"]
