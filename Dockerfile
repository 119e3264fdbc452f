# The market sandbox in a container: site, REST and stream. See docs/deployment.md.
FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements.txt .
# What is downloaded must have the digests of the lock; the driver of PostgreSQL has the version that is tested.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt \
    && /venv/bin/pip install --no-cache-dir pg8000==1.31.6

FROM python:3.12-slim
RUN useradd --uid 1000 --create-home market && install -d -o market -g market /data
COPY --from=build /venv /venv
WORKDIR /app
COPY simulate.py pyproject.toml README.md LICENSE ./
COPY market_sim market_sim
COPY contracts/artifacts contracts/artifacts
COPY lessons lessons
RUN /venv/bin/python -m compileall -q market_sim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
USER market
VOLUME /data
EXPOSE 5000 8765
# The program ends in order on SIGTERM: market, store, stream, site.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:5000/health', timeout=4)"]
ENTRYPOINT ["python", "simulate.py"]
CMD ["serve", "--scenario", "first-market", "--host", "0.0.0.0", "--class", "sandbox", "--stream-host", "0.0.0.0", "--out", "/data/results", "--instance", "/data/instance", "--answers", "/data/answers"]
