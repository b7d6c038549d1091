# The program alone, static, as a user without rights: about 35 MB.
#   docker build -t foliar .
#   docker run --rm --network none -v "$PWD:/data" -u "$(id -u):$(id -g)" foliar train photos --out runs/first
FROM rust:1.95.0-alpine3.22 AS build
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY . .
RUN cargo build --profile dist --locked --bin foliar && mkdir /data

FROM scratch
COPY --from=build /source/target/dist/foliar /usr/bin/foliar
COPY --from=build /source/LICENSE-MIT /source/LICENSE-APACHE /usr/share/doc/foliar/
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /data
# Without it the cache of `foliar weights fetch` would be in a home that does not exist.
ENV FOLIAR_CACHE=/data/.foliar-cache
ENTRYPOINT ["/usr/bin/foliar"]
