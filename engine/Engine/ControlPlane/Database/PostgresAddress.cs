using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>
/// The address of a PostgreSQL database, as <c>postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full</c>, in which reserved
/// characters are percent-encoded.
/// </summary>
public sealed class PostgresAddress
{
    /// <summary>The form of an address, for messages.</summary>
    public const string Form = "postgres://USER:PASSWORD@HOST:PORT/DATABASE";

    const int DefaultPort = 5432;

    readonly Uri _uri;
    readonly SslMode _tls;
    readonly string? _rootCertificate;

    PostgresAddress(Uri uri, SslMode tls, string? rootCertificate) => (_uri, _tls, _rootCertificate) = (uri, tls, rootCertificate);

    /// <summary>Parses an address.</summary>
    /// <param name="text">The address as text.</param>
    /// <param name="address">The parsed address.</param>
    /// <param name="problem">Why the text is invalid. Never contains the password.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out PostgresAddress? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgres" or "postgresql") || uri.Host.Length == 0
            || uri.AbsolutePath.Trim('/').Length == 0 || uri.AbsolutePath.Trim('/').Contains('/', StringComparison.Ordinal) || uri.Fragment.Length > 0)
        {
            problem = $"expected {Form}";
            return false;
        }

        // The default of libpq: TLS if the server supports it.
        var (tls, root) = (SslMode.Prefer, (string?)null);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var n, var v] ? (n, Uri.UnescapeDataString(v)) : (pair, "");
            SslMode? mode = value switch
            {
                "disable" => SslMode.Disable,
                "prefer" => SslMode.Prefer,
                "require" => SslMode.Require,
                "verify-ca" => SslMode.VerifyCA,
                "verify-full" => SslMode.VerifyFull,
                _ => null,
            };
            if (name == "sslmode" && mode is not null)
            {
                tls = mode.Value;
            }
            else if (name == "sslrootcert" && value.Length > 0)
            {
                root = value;
            }
            else
            {
                problem = name == "sslmode" ? $"expected sslmode=disable, prefer, require, verify-ca or verify-full, got '{value}'"
                    : $"unknown option '{name}': expected sslmode or sslrootcert";
                return false;
            }
        }

        address = new PostgresAddress(uri, tls, root);
        problem = null;
        return true;
    }

    /// <summary>Returns whether a text has the scheme of a PostgreSQL address.</summary>
    public static bool Is(string text) => text.StartsWith("postgres:", StringComparison.Ordinal) || text.StartsWith("postgresql:", StringComparison.Ordinal);

    /// <summary>Returns the connection settings.</summary>
    public NpgsqlConnectionStringBuilder Settings()
    {
        var user = _uri.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = _uri.Host.Trim('[', ']'),
            Port = _uri.Port > 0 ? _uri.Port : DefaultPort,
            Database = Uri.UnescapeDataString(_uri.AbsolutePath.Trim('/')),
            Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            SslMode = _tls,
            RootCertificate = _rootCertificate,
            Timeout = 5,
        };
    }

    /// <summary>Returns the address without user and password.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"postgres://{_uri.Host}:{(_uri.Port > 0 ? _uri.Port : DefaultPort)}{_uri.AbsolutePath}");
}
