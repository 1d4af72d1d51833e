# CartRecovery: one native binary with its model and libraries, run as an unprivileged user.
#
#   docker build -t cartrecovery .
#   docker run --rm cartrecovery demo
#   docker run --stop-timeout 30 -p 8080:8080 -p 8081:8081 -v cartrecovery:/var/lib/cartrecovery \
#     -e CARTRECOVERY_PUBLISHABLE_KEY=pk_... -e CARTRECOVERY_SECRET_KEY=sk_... -e CARTRECOVERY_ORIGIN=https://shop.example cartrecovery
#
# The default configuration listens on loopback and its keys work only from loopback, so in a container it serves only the demo.
# The image runs config/container.yaml instead, which listens on every address and has only your keys. For your own campaigns and
# sinks, mount a file at /etc/cartrecovery/cartrecovery.yaml; it finds the shipped model as models/purchase.onnx.
# SIGTERM drains for up to 20 seconds, so the stop timeout must exceed Docker's default of 10.

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
# clang and zlib1g-dev link the native binary.
RUN apt-get update \
    && apt-get install -y --no-install-recommends clang zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN dotnet publish engine/Host -c Release -p:Native=true -o /out

# The same distribution as above, so that the C library matches the one the binary was linked with.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble
# libstdc++ and libgcc for ONNX Runtime, OpenSSL and certificates for TLS, tzdata for the stores' time zones.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libgcc-s1 libssl3t64 libstdc++6 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 1654 -g 1654 /var/lib/cartrecovery
COPY --from=build /out /opt/cartrecovery
COPY config/container.yaml /etc/cartrecovery/cartrecovery.yaml
COPY config/models /etc/cartrecovery/models

# The image's own user "app".
USER 1654:1654
# The demo's relative ./data is here too.
WORKDIR /var/lib/cartrecovery
VOLUME /var/lib/cartrecovery
EXPOSE 8080 8081
# Uses bash's /dev/tcp, because the image has no HTTP client. A configuration with another HTTP port or TLS needs its own --health-cmd.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]"]
ENTRYPOINT ["/opt/cartrecovery/cartrecovery"]
CMD ["run", "--config", "/etc/cartrecovery/cartrecovery.yaml"]
