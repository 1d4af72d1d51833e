using System.Net;
using System.Net.Security;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.Transport;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Access.Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CartRecovery.Host.Composition.Listening;

/// <summary>Configures the HTTP and stream ports: addresses, TLS and connection middleware.</summary>
static class Listeners
{
    /// <summary>Configures Kestrel.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="certificates">Receives the ports' certificates, and selects one for each connection.</param>
    /// <param name="limiter">Counts connections.</param>
    /// <param name="proxies">Trusted proxies.</param>
    /// <param name="rejections">Records connections of proxies without the address of a client.</param>
    /// <param name="threads">The threads that read streams.</param>
    /// <param name="shutdown">Maximum time for open connections to close when the server stops.</param>
    public static void Configure(
        WebApplicationBuilder builder, CartRecoveryConfig config, TlsCertificates certificates, ConnectionLimiter limiter,
        TrustedProxies proxies, AccessRejections rejections, IngestThreads threads, TimeSpan shutdown)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(sockets => sockets.Backlog = SocketTransport.Backlog);
        EndPoint? streams = null;
        builder.Services.AddSingleton<IConnectionListenerFactory>(new SocketTransport(endpoint => ReferenceEquals(endpoint, streams)
            || (endpoint is IPEndPoint { Port: not 0 and var port } && port == config.Listen.Stream.Port), threads.Next));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = shutdown);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            certificates.Update(certificates.Load(config));
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = config.Limits.Message.Bytes;
            kestrel.Limits.RequestHeadersTimeout = config.Listen.HandshakeTimeout;
            Listen(kestrel, config.Listen.Http, options =>
            {
                options.Use(ConnectionMiddleware.Counting(limiter, proxies));
                ServeHttp(options, config, certificates.Http is null ? null : () => certificates.Http, config.Listen.HttpTls?.Clients, certificates.HttpClients);
            });
            Listen(kestrel, config.Listen.Stream, options =>
            {
                streams = options.EndPoint;
                options.Use(ConnectionMiddleware.Counting(limiter, proxies));
                if (config.Listen.ProxyProtocol)
                {
                    options.Use(new ProxyProtocol(proxies, limiter, rejections, config.Listen.HandshakeTimeout).Follow);
                }

                UseTls(options, config, certificates.Stream is null ? null : () => certificates.Stream, config.Listen.StreamTls?.Clients, certificates.StreamClients);
                options.UseConnectionHandler<StreamPort>();
            });
            if (config.Listen.Admin is { } admin)
            {
                Listen(kestrel, admin, options =>
                {
                    options.Use(AdminPort.Mark());
                    ServeHttp(options, config, certificate: null);
                });
            }
        });
    }

    static void ServeHttp(
        ListenOptions options, CartRecoveryConfig config, Func<SslStreamCertificateContext?>? certificate, ClientCertificatesConfig? asked = null, ClientCertificates? clients = null)
    {
        options.Protocols = HttpProtocols.Http1;
        UseTls(options, config, certificate, asked, clients);
        options.Use(ConnectionMiddleware.FirstByteWithin(config.Listen.HandshakeTimeout));
    }

    static void UseTls(
        ListenOptions options, CartRecoveryConfig config, Func<SslStreamCertificateContext?>? certificate, ClientCertificatesConfig? asked, ClientCertificates? clients)
    {
        if (certificate is null)
        {
            return;
        }

        options.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = config.Listen.HandshakeTimeout,
            OnConnection = handshake =>
            {
                var tls = new SslServerAuthenticationOptions { ServerCertificateContext = certificate() };
                if (asked is not null)
                {
                    clients!.Ask(handshake.Connection, tls, asked.Required);
                }

                return ValueTask.FromResult(tls);
            },
        });
        if (asked is not null)
        {
            options.Use(clients!.Follow());
        }
    }

    // Browsers resolve localhost to either address family.
    static void Listen(KestrelServerOptions kestrel, EndpointAddress address, Action<ListenOptions> configure)
    {
        if (address.IsLocalhost && address.Port != 0)
        {
            kestrel.ListenLocalhost(address.Port, configure);
        }
        else
        {
            kestrel.Listen(address.ToIPEndPoint(), configure);
        }
    }
}
