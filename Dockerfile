# One image for web, worker, beat and migrations; docker-compose.yml says who runs what.

FROM python:3.11-slim-bookworm AS packages
COPY requirements/base.txt /tmp/base.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: --requirement /tmp/base.txt

FROM python:3.11-slim-bookworm
# What no wheel carries; docs/dependencies.md says what for.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        fontconfig fonts-hanazono fonts-noto-cjk \
        libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /srv/var zhicheng \
    && install -d -o zhicheng -g zhicheng /srv/var /srv/var/media /srv/var/beat
COPY --from=packages /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/srv/var \
    BIND=0.0.0.0:8000
WORKDIR /srv/site
COPY manage.py pyproject.toml ./
COPY config config
COPY core core
COPY accounts accounts
COPY organisations organisations
COPY schedules schedules
COPY applications applications
COPY publicity publicity
COPY reviews reviews
COPY payments payments
COPY notifications notifications
COPY portal portal
COPY templates templates
COPY static static
COPY locale locale
# Static files are part of the image. The demo's settings serve to collect them: no secret of
# the site is needed, and the ones made up for it do not stay.
RUN python -m compileall -q . \
    && DEMO=1 python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /srv/var/secrets
USER zhicheng
EXPOSE 8000
CMD ["gunicorn", "--config", "python:config.gunicorn"]
