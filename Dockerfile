# purlin, static, beside the git that --diff-base asks.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY grammar grammar
COPY policies policies
COPY models models
COPY docs docs
COPY benches benches
COPY tests tests
RUN cargo build --release --locked --bin purlin

FROM alpine:3.22
RUN apk add --no-cache git && git config --system --add safe.directory '*'
COPY --from=build /src/target/release/purlin /usr/local/bin/purlin
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["purlin"]
CMD ["check"]
