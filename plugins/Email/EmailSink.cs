using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Contracts;
using MailKit.Security;
using MimeKit;

namespace CartRecovery.Plugins;

/// <summary>
/// Sends each intervention as an e-mail, over an SMTP relay. A batch uses one session, which is kept for the next. Each step of a message has its
/// deadline. DKIM signing is left to the relay.
/// </summary>
public sealed class EmailSink : ISink
{
    readonly EmailServer _server;
    readonly EmailMessage _message;
    readonly PolicyRejections _policy = new();
    volatile SinkHealth _health;

    EmailSink(EmailServer server, EmailMessage message)
    {
        _server = server;
        _message = message;
        _health = HealthOf(healthy: true, "nothing sent yet");
    }

    /// <summary>The <c>email</c> sink type.</summary>
    public static SinkSpec Spec { get; } = new(
        "email",
        "Sends each intervention as an e-mail, over an SMTP relay.",
        [
            SinkOption.Text("host", "The relay's name or address.", required: true),
            SinkOption.Integer("port", "The relay's port.", min: 1, max: 65535, defaultValue: 587),
            SinkOption.Choice("tls", "How the session is encrypted. tls means implicit TLS, usually on port 465.", ["starttls", "tls", "none"],
                defaultValue: "starttls"),
            SinkOption.File("ca", "A PEM file of the authorities trusted to sign the relay's certificate. Absent: the system's."),
            SinkOption.Text("user", "The user to log in as. Absent: no login."),
            SinkOption.Secret("password", "The user's password."),
            SinkOption.Text("from", "The sender, like shop@shop.example or The Shop <shop@shop.example>.", required: true),
            SinkOption.Text("replyTo", "The address for replies, if it is not the sender's."),
        ],
        Create)
    {
        Address = AddressKind.Email,
        MaxItemDuration = SmtpSession.MaxDuration,
    };

    /// <inheritdoc/>
    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        _server.Dispose();
        _server.Return(await _server.TakeAsync(cancellationToken));
        _health = HealthOf(healthy: true, "connected");
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        using var write = new EmailBatchWriter(_server, batch, _policy);
        for (var i = 0; i < batch.Items.Count; i++)
        {
            using var message = _message.Of(batch.Items[i], out var problem);
            if (message is null)
            {
                batch.Reject(i, problem);
            }
            else if (!await write.SendAsync(i, message, cancellationToken))
            {
                break;
            }
        }

        if (write.Health is var (isHealthy, detail))
        {
            SetHealth(isHealthy, detail);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return default;
    }

    static SinkInstance Create(SinkSettings settings)
    {
        var problems = new SinkProblems();
        var host = settings.GetText("host");
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            problems.Add(SinkConfigurationException.Expected("host", "a host name or an IP address"));
        }

        var security = settings.GetText("tls") switch
        {
            "tls" => SecureSocketOptions.SslOnConnect,
            "none" => SecureSocketOptions.None,
            _ => SecureSocketOptions.StartTls,
        };
        var (user, password) = (settings.FindText("user"), settings.FindSecret("password"));
        if (user is null != password is null)
        {
            problems.Add(new SinkConfigurationException(user is null ? "user" : "password", $"required with '{(user is null ? "password" : "user")}'"));
        }

        if (user is not null && security == SecureSocketOptions.None && !IsThisMachine(host))
        {
            problems.Add(SinkConfigurationException.Expected("tls", "starttls or tls, because a password is sent"));
        }

        var authorities = problems.Try(() => AuthoritiesOf(settings));
        var from = problems.Try(() => MailboxOf("from", settings.GetText("from")));
        var replyTo = problems.Try(() => settings.FindText("replyTo") is { } text ? MailboxOf("replyTo", text) : null);
        problems.ThrowIfAny();
        var server = new EmailServer(host, (int)settings.GetInteger("port"), security, user, password, authorities, settings.Timeout, settings.Time);
        var sink = new EmailSink(server, new EmailMessage(from!, replyTo, settings.Time));
        return new SinkInstance(sink, _ => ValueTask.FromResult(sink._health));
    }

    static X509Certificate2Collection? AuthoritiesOf(SinkSettings settings)
    {
        if (settings.FindText("ca") is not { } file)
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw SinkConfigurationException.Expected("ca", "a readable PEM file of certificates");
        }

        return authorities.Count > 0 ? authorities : throw SinkConfigurationException.Expected("ca", "a PEM file with at least one certificate");
    }

    static MailboxAddress MailboxOf(string option, string text) =>
        MailboxAddress.TryParse(text, out var mailbox) && EmailMessage.AddressOf(mailbox.Address) is not null
            ? mailbox
            : throw SinkConfigurationException.Expected(option, "an e-mail address, with or without a name before it");

    static bool IsThisMachine(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    void SetHealth(bool healthy, string lastAttempt)
    {
        var health = HealthOf(healthy, lastAttempt);
        if (_health != health)
        {
            _health = health;
        }
    }

    SinkHealth HealthOf(bool healthy, string what) => new(healthy, $"{_server.Host}:{_server.Port}: {what}");
}
