# CartRecovery: one native binary, its model and its libraries, as a user without rights.
#
#   docker build -t cartrecovery .
#   docker run --rm cartrecovery demo
#   docker run --stop-timeout 30 -p 8080:8080 -p 8081:8081 -v cartrecovery:/var/lib/cartrecovery \
#     -e CARTRECOVERY_PUBLISHABLE_KEY=pk_... -e CARTRECOVERY_SECRET_KEY=sk_... -e CARTRECOVERY_ORIGIN=https://shop.example cartrecovery
#
# The default configuration listens on loopback and its keys work from loopback alone, so inside a container it is for the demo only.
# The image runs config/container.yaml instead, which listens on every address and has no key but yours. For campaigns and sinks of your
# own, mount a file at /etc/cartrecovery/cartrecovery.yaml; it finds the shipped model as models/purchase.onnx.
# SIGTERM drains, which takes up to 20 seconds: hence the stop timeout above Docker's ten.

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
# clang and zlib1g-dev link the native binary.
RUN apt-get update \
    && apt-get install -y --no-install-recommends clang zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN dotnet publish engine/Host -c Release -p:Native=true -o /out

# The same distribution as above, so that the binary finds the C library that it was linked with.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble
# libstdc++ and libgcc are ONNX Runtime's, OpenSSL and the certificates TLS's, tzdata the stores' time zones'.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libgcc-s1 libssl3t64 libstdc++6 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 1654 -g 1654 /var/lib/cartrecovery
COPY --from=build /out /opt/cartrecovery
COPY config/container.yaml /etc/cartrecovery/cartrecovery.yaml
COPY config/models /etc/cartrecovery/models

# The image's own user "app".
USER 1654:1654
# Where the demo's relative ./data lies too.
WORKDIR /var/lib/cartrecovery
VOLUME /var/lib/cartrecovery
EXPOSE 8080 8081
# With what the image has: bash opens the socket. A configuration with another HTTP port or TLS needs its own --health-cmd.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]"]
ENTRYPOINT ["/opt/cartrecovery/cartrecovery"]
CMD ["run", "--config", "/etc/cartrecovery/cartrecovery.yaml"]
