using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Plugins.Http;

namespace CartRecovery.Plugins;

/// <summary>
/// Provides access tokens for a service account. A signed assertion (RFC 7523, RS256) is exchanged for a token at the token endpoint, and
/// the token is cached until a minute before it expires. The file is read for each exchange, so that its key can be replaced.
/// </summary>
/// <param name="file">The service account's JSON file.</param>
/// <param name="http">The client for the token endpoint.</param>
/// <param name="time">The clock for expiry.</param>
sealed class AccessTokens(string file, HttpClient http, TimeProvider time) : IDisposable
{
    const string Scope = "https://www.googleapis.com/auth/firebase.messaging";

    static readonly TimeSpan s_margin = TimeSpan.FromMinutes(1);

    readonly SemaphoreSlim _refreshLock = new(1);
    volatile AccessToken? _token;

    /// <summary>Returns a token that is valid for at least another minute.</summary>
    /// <exception cref="TransientSinkException">No token can be obtained at present.</exception>
    /// <exception cref="HttpRequestException">The token endpoint is unreachable.</exception>
    public async ValueTask<AccessToken> GetAsync(CancellationToken cancellationToken)
    {
        if (_token is { } token && time.GetUtcNow() < token.Until)
        {
            return token;
        }

        await _refreshLock.WaitAsync(cancellationToken);
        try
        {
            if (_token is not { } fetched || time.GetUtcNow() >= fetched.Until)
            {
                _token = fetched = await FetchAsync(cancellationToken);
            }

            return fetched;
        }
        finally
        {
            _refreshLock.Release();
        }
    }

    /// <summary>Discards a token that the API did not accept.</summary>
    public void Discard() => _token = null;

    /// <inheritdoc/>
    public void Dispose() => _refreshLock.Dispose();

    async Task<AccessToken> FetchAsync(CancellationToken cancellationToken)
    {
        var account = await ReadAsync(cancellationToken);
        var now = time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, account.TokenUri)
        {
            Content = new FormUrlEncodedContent(
                [new("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), new("assertion", Assertion(account, now))]),
        };
        using var response = await http.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new TransientSinkException($"the token endpoint answered {(int)response.StatusCode}");
        }

        TokenResponse? token;
        try
        {
            token = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellationToken), PushJson.Default.TokenResponse);
        }
        catch (JsonException)
        {
            token = null;
        }

        // The token is sent in a header, so it must be valid there.
        if (token is not { AccessToken.Length: > 0, ExpiresIn: > 0 } || token.AccessToken.Any(c => c is <= ' ' or > '~'))
        {
            throw new TransientSinkException("the token endpoint answered without a token");
        }

        return new AccessToken(token.AccessToken, account.ProjectId!, now + TimeSpan.FromSeconds(token.ExpiresIn) - s_margin);
    }

    async Task<ServiceAccount> ReadAsync(CancellationToken cancellationToken)
    {
        ServiceAccount? account;
        try
        {
            account = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(file, cancellationToken), PushJson.Default.ServiceAccount);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TransientSinkException($"the credentials cannot be read: {error.GetType().Name}");
        }
        catch (JsonException)
        {
            throw new TransientSinkException("the credentials are not a service account's JSON file");
        }

        if (account is not { PrivateKey: not null, ClientEmail: not null, ProjectId.Length: > 0 }
            || !account.ProjectId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or ':'))
        {
            throw new TransientSinkException("the credentials lack project_id, client_email or private_key");
        }

        if (!Uri.TryCreate(account.TokenUri, UriKind.Absolute, out var address) || !UrlOption.IsConfidential(address))
        {
            throw new TransientSinkException("the credentials' token_uri is not an https address");
        }

        return account;
    }

    static string Assertion(ServiceAccount account, DateTimeOffset now)
    {
        var head = Encoded(json =>
        {
            json.WriteString("alg"u8, "RS256"u8);
            json.WriteString("typ"u8, "JWT"u8);
            if (account.PrivateKeyId is { } key)
            {
                json.WriteString("kid"u8, key);
            }
        });
        var claims = Encoded(json =>
        {
            json.WriteString("iss"u8, account.ClientEmail);
            json.WriteString("scope"u8, Scope);
            json.WriteString("aud"u8, account.TokenUri);
            json.WriteNumber("iat"u8, now.ToUnixTimeSeconds());
            json.WriteNumber("exp"u8, now.AddHours(1).ToUnixTimeSeconds());
        });
        using var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(account.PrivateKey);
            var signature = rsa.SignData(Encoding.ASCII.GetBytes($"{head}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            return $"{head}.{claims}.{Base64Url.EncodeToString(signature)}";
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new TransientSinkException("the credentials' private_key is not an RSA key in PEM");
        }
    }

    static string Encoded(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Base64Url.EncodeToString(buffer.WrittenSpan);
    }
}

/// <summary>A token and when it expires from the cache.</summary>
sealed record AccessToken(string Value, string Project, DateTimeOffset Until);
