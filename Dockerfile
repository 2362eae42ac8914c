# The site, and what fills it: `docker compose up`, docs/deploy.md. For linux/amd64 and linux/arm64, for
# which LiteRT has wheels; they want glibc, so no Alpine.
FROM python:3.11-slim AS packages
WORKDIR /srv/nonesuch
COPY requirements.txt .
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --only-binary :all: -r requirements.txt

FROM python:3.11-slim
RUN groupadd --gid 10001 nonesuch \
    && useradd --uid 10001 --gid nonesuch --home-dir /data/instance --no-create-home nonesuch \
    && install -d -o nonesuch -g nonesuch /data/images /data/instance
WORKDIR /srv/nonesuch
COPY --from=packages /srv/nonesuch/.venv .venv
COPY . .
ENV CATEGORIES=60 \
    HOST=0.0.0.0 \
    NONESUCH_HOME=/data/instance/cache \
    NONESUCH_IMAGES_FOLDER=/data/images \
    NONESUCH_INSTANCE_FOLDER=/data/instance \
    PATH=/srv/nonesuch/.venv/bin:$PATH \
    PORT=8000 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
VOLUME ["/data/images", "/data/instance"]
EXPOSE 8000
# the first pictures are made before anything is served
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
# serves what is there and makes what is missing beside it, as `make run` does
CMD ["sh", "-c", "exec python -m bin.run \"$CATEGORIES\""]
