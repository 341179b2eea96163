# The product as one image for every process: web, workers, beat, finder.
FROM python:3.11-slim-bookworm AS built
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /venv \
 && /venv/bin/python -m pip install --no-cache-dir --require-hashes --no-deps -r requirements.txt
COPY . ./
# The product reads its static files from here; nothing writes them at run time.
RUN DJANGO_SETTINGS_MODULE=config.settings.offline /venv/bin/python manage.py collectstatic --no-input

# Backups are made with the server's own version of pg_dump and pg_restore.
FROM postgres:17-bookworm AS postgres

FROM python:3.11-slim-bookworm
# For the libraries that libpq needs; its newer self is copied over it.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpq5 liblz4-1 libzstd1 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=postgres /usr/lib/postgresql/17/bin/pg_dump /usr/lib/postgresql/17/bin/pg_restore \
    /usr/lib/postgresql/17/bin/
COPY --from=postgres /usr/lib/*-linux-gnu/libpq.so.5* /usr/lib/postgresql/17/lib/
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin registry \
 && install -d -o 10001 -g 10001 -m 0700 /run/finder
# Kept with every consent: which build showed the page.
ARG APP_BUILD=unknown
ENV PATH=/venv/bin:$PATH \
    APP_BUILD=$APP_BUILD \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LD_LIBRARY_PATH=/usr/lib/postgresql/17/lib \
    POSTGRES_PROGRAMS=/usr/lib/postgresql/17/bin \
    DJANGO_SETTINGS_MODULE=config.settings.prod
WORKDIR /app
COPY --from=built /venv /venv
COPY --from=built /app /app
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"]
