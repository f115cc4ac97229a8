# The emulator, static and alone: docker build --tag opencloud-emulator .
#
#   docker run --rm --network host opencloud-emulator --port 8080
#
# It listens at 127.0.0.1 and nowhere else, on purpose (emulator/README.md). So the container shares the network of the
# machine (Linux, or Docker Desktop with host networking), or that of another container:
#
#   docker run --rm --network container:my-tests opencloud-emulator
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
ENTRYPOINT ["/opencloud-emulator"]
