# The image of a worker. Build it from the top of the repository:
#   docker build -f deploy/worker.Dockerfile -t bep-worker .
FROM node:22-bookworm-slim AS build
WORKDIR /opt/bep
COPY . .
# Builds, too. What remains is what a worker needs.
RUN npm ci --no-audit --no-fund && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
# Bubblewrap is the isolation of submissions, redis-server what they use; tini reaps what they leave behind.
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap ca-certificates redis-server tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --create-home bep
COPY --from=build /opt/bep /opt/bep
# A folder in the volume, not the volume: bep sets the mode of its home, and that of a volume is not its own.
ENV BEP_HOME=/var/lib/bep/home BEP_SERVICES=local NODE_ENV=production
RUN mkdir -p /var/lib/bep && chown 10001:10001 /var/lib/bep
USER 10001
ENTRYPOINT ["tini", "--", "node", "/opt/bep/bin/bep.js", "worker"]
CMD ["--require", "sandbox"]
