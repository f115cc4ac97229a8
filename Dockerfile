# The emulator, static and alone: docker build --tag opencloud-emulator .
#
#   docker run --rm --publish 127.0.0.1:8080:8080 opencloud-emulator
#
# In the container it listens on all addresses, or a published port would not reach it. What reaches it is decided by what is
# published: 127.0.0.1:8080:8080 is for this machine alone (emulator/README.md).
FROM rust:1-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package opencloud-emulator \
    && cp target/release/opencloud-emulator /opencloud-emulator \
    && mkdir /data && chown 65532:65532 /data

FROM scratch
COPY --from=build /opencloud-emulator /opencloud-emulator
COPY --from=build --chown=65532:65532 /data /data
COPY LICENSE-APACHE LICENSE-MIT /
USER 65532:65532
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/opencloud-emulator", "--host", "0.0.0.0", "--allow-remote"]
