# syntax=docker/dockerfile:1
# Any image with Python 3.11 or newer does; the lock file has wheels for this one. A build that has
# to be repeatable names a digest: --build-arg PYTHON_IMAGE=docker.io/library/python@sha256:...
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python3 -m venv /opt/contact-metrics
WORKDIR /src
# The dependencies change less often than the code: they get a layer of their own.
COPY requirements.lock ./
RUN /opt/contact-metrics/bin/python -m pip install --require-hashes --no-compile \
        --only-binary :all: --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY service ./service
# What only pip or a compiler needs does not go into the image. Byte code is made here, because the
# running container cannot write.
RUN /opt/contact-metrics/bin/python -m pip install --no-deps --no-build-isolation --no-compile . \
    && /opt/contact-metrics/bin/python -m pip uninstall --yes pip flit_core \
    && find /opt/contact-metrics -type d -name tests -prune -exec rm -rf {} + \
    && python3 -m compileall -q -j 0 /opt/contact-metrics/lib

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="contact-metrics" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/contact-metrics /opt/contact-metrics
ENV PATH=/opt/contact-metrics/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
# SIGTERM drains, commits and leaves the group.
STOPSIGNAL SIGTERM
# Of the port and scheme of the configuration: that of CONTACT_METRICS_CONFIG, if it is a file.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["contact-metrics", "health"]
ENTRYPOINT ["contact-metrics"]
CMD ["run"]
